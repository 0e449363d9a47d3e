// Heaps of one shape each, for bench/snapshot-estimate.mjs: the cost of a snapshot depends on the objects and references
// in it, not on its bytes. Run by itself it builds the named shape, prints `ready`, and waits.
//   node bench/heap-shapes.mjs <shape>
import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';

const list = (count, make) => Array.from({ length: count }, (_, i) => make(i));
const shared = { one: 'object' };

export const shapes = {
  'arrays of pointers': () => list(8, () => list(1_000_000, () => shared)),
  'objects {a: i}': () => list(600_000, (i) => ({ a: i })),
  'arrays of doubles': () => list(12, () => list(1_000_000, (i) => i + 0.5)),
  'short strings': () => list(500_000, (i) => `a string that nobody else has, number ${i}`.toUpperCase()),
  ropes: () => list(400_000, (i) => `the first half of a rope and ${i}`.concat('its second half')),
  'one Map': () => new Map(list(700_000, (i) => [i, shared])),
  closures: () => list(400_000, (i) => () => i),
  'typed arrays': () => list(120_000, () => new Uint8Array(40)),
  'large Buffers': () => list(150, () => Buffer.alloc(1_000_000, 1)),
  'a linked list': () => {
    let head;
    for (let i = 0; i < 700_000; i++) head = { next: head, value: i };
    return head;
  },
  'objects used as dictionaries': () =>
    list(1500, (i) => Object.fromEntries(list(300, (j) => [`key${(i * 7 + j) % 100_000}`, j]))),
  'objects with numbers': () => list(350_000, (i) => ({ x: i + 0.5, y: i - 0.5 })),
  // closer to the heaps of real programs; the factors were fitted to these shapes as well
  'JSON documents': () => list(6_000, (i) => JSON.parse(document(i))),
  'small Maps and Sets': () => list(60_000, (i) => [new Map([[i, i]]), new Set([i])]),
  'dates, bigints and errors': () => list(150_000, (i) => [new Date(i), BigInt(i) ** 5n]),
  'long strings': () => list(200, (i) => Buffer.alloc(800_000, String.fromCharCode(97 + (i % 26))).toString('latin1')),
  'class instances': () => list(100_000, (i) => new Session(i)),
  'promises and callbacks': () => list(100_000, (i) => new Promise(() => {}).then(() => i)),
  // found by a second person to be far outside the range that was said
  'arrays of small integers': () => list(12, () => list(1_000_000, (i) => i)),
  'integers then pointers': () => list(8, (k) => list(1_000_000, (i) => (k < 4 ? i : shared))),
  'holes and integers': () => list(12, () => sparse(1_000_000)),
  'small arrays of integers': () => list(300_000, (i) => [i, i + 1, i + 2, i + 3]),
  'rows of integers': () => list(20_000, (i) => list(500, (j) => i + j)),
  'rows of objects': () => list(2_000, (i) => list(200, (j) => ({ row: i, column: j }))),
  'one object with many keys': () => Object.fromEntries(list(600_000, (i) => [`key ${i}`, i])),
  'one object with many indexes': () => Object.fromEntries(list(600_000, (i) => [i * 50, shared])),
  'one Set of strings': () => new Set(list(600_000, (i) => `member ${i}`)),
  'a Map of integers': () => new Map(list(1_500_000, (i) => [i, i])),
  'slices of strings': () => slices(list(400, (i) => Buffer.alloc(20_000, 97 + (i % 26)).toString('latin1'))),
  'external strings': () => list(60, (i) => Buffer.alloc(2_000_000, 97 + (i % 26)).toString('latin1')),
  'wide strings': () => list(100_000, (i) => `\u4e2d\u6587 ${i} `.repeat(20).toUpperCase()),
  'instances with many fields': () => list(60_000, (i) => new Wide(i)),
  'compiled code': () => list(20_000, (i) => compiled(i)),
  'async functions that wait': () => list(120_000, (i) => waiting(i)),
  'a tree of arrays': () => tree(18),
  'an empty program': () => null,
  // drawn up afterwards, to check the factors; only those of WeakMaps were fitted to them
  'a syntax tree': () => syntaxTree(16),
  'a cache of sessions': () =>
    new Map(list(60_000, (i) => [`session ${i}`, { id: i, items: list(5, (j) => ({ j })) }])),
  'a random graph': () => randomGraph(200_000),
  emitters: () => list(40_000, (i) => new EventEmitter().on('data', () => i).on('end', () => i)),
  'a WeakMap': () => withKeys(150_000, (keys) => new WeakMap(keys.map((key, i) => [key, { i }]))),
  'a WeakMap to numbers': () => withKeys(200_000, (keys) => new WeakMap(keys.map((key, i) => [key, i]))),
  'a WeakSet': () => withKeys(150_000, (keys) => new WeakSet(keys)),
  'small WeakMaps': () => list(5_000, () => withKeys(20, (keys) => new WeakMap(keys.map((key, i) => [key, { i }])))),
  'weak references': () => withKeys(150_000, (keys) => keys.map((key) => new WeakRef(key))),
  'bound functions': () => list(150_000, (i) => (() => i).bind(shared, i)),
};

const syntaxTree = (depth) => ({
  loc: { line: depth, column: depth },
  children: depth === 0 ? [] : [syntaxTree(depth - 1), syntaxTree(depth - 1)],
});
const randomGraph = (count) => {
  const nodes = list(count, (id) => ({ id, to: [] }));
  let seed = 7;
  for (const node of nodes)
    for (let i = 0; i < 5; i++) node.to.push(nodes[(seed = (seed * 48_271) % 2_147_483_647) % count]);
  return nodes;
};
const withKeys = (count, make) => {
  const keys = list(count, (i) => ({ i }));
  return [keys, make(keys)];
};

const sparse = (length) => {
  const array = [];
  array.length = length;
  for (let i = 0; i < length; i += 2) array[i] = i;
  return array;
};
const slices = (texts) => texts.map((text) => [text, list(1_000, (i) => text.slice(i, i + 40))]);
const compiled = (i) => {
  const run = new Function(
    'a',
    'b',
    `let sum = ${i}; for (let i = 0; i < a; i++) { sum += b * i; } return [sum, a, b];`,
  );
  run(2, i);
  return run;
};
const waiting = async (i) => {
  await new Promise(() => {});
  return i;
};
const tree = (depth) => (depth === 0 ? [] : [tree(depth - 1), tree(depth - 1)]);

class Wide {
  constructor(i) {
    for (let at = 0; at < 30; at++) this[`field${at}`] = at % 3 === 0 ? i : at % 3 === 1 ? shared : i + 0.5;
  }
  first() {
    return this.field0;
  }
}

class Session {
  constructor(i) {
    this.id = i;
    this.user = { name: `user ${i}`, tags: ['a', 'b', i] };
    this.seen = new Date(i);
    this.onClose = () => this.id;
  }
  touch() {
    this.seen = new Date();
  }
}

const document = (i) =>
  JSON.stringify({
    id: i,
    name: `customer ${i}`,
    orders: list(20, (j) => ({ number: i * 100 + j, price: j + 0.99, lines: [{ sku: `s${j}`, count: j }] })),
    address: { street: `street ${i}`, city: 'Berlin', tags: ['home', 'work'] },
  });

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  globalThis.held = shapes[process.argv[2]]();
  setInterval(() => {}, 1000);
  console.log('ready');
}
