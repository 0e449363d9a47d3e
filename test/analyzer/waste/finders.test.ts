/** Each finder of waste on drawn heaps, with the bytes that V8's layout makes of them, worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { Claims } from '#memwatch/analyzer/waste/claims.js';
import { emptyCollections, singleEntryCollections, unusedRoom } from '#memwatch/analyzer/waste/collections.js';
import { poolsOfFew } from '#memwatch/analyzer/waste/buffers.js';
import { listenersInBulk } from '#memwatch/analyzer/waste/bulk.js';
import { equalObjects } from '#memwatch/analyzer/waste/equal-objects.js';
import { findWaste } from '#memwatch/analyzer/waste/find-waste.js';
import { Holders } from '#memwatch/analyzer/waste/holders.js';
import type { Finder } from '#memwatch/analyzer/waste/kinds.js';
import { boundFunctions, boxedNumbers, dictionaryObjects } from '#memwatch/analyzer/waste/objects.js';
import { rowsHeldWhole } from '#memwatch/analyzer/waste/rows.js';
import { looseShapes } from '#memwatch/analyzer/waste/shapes.js';
import { equalStrings, ropes, slices } from '#memwatch/analyzer/waste/strings.js';
import { preorderPlaces } from '#memwatch/analyzer/waste/subtree.js';
import { upTo } from '../../support/drawn-growth.js';
import { drawHeap } from '../../support/graph.js';

/** Bytes by handle; handles that are not listed here were not found. */
const found = (finder: Finder, text: string, handles: readonly string[]): Record<string, number> => {
  const { graph, node } = drawHeap(`root -shortcut:global-> global\n${text}`);
  const bytes: Record<string, number> = {};
  finder.find(
    new Heap(graph),
    new Claims(graph),
    (at, saved) => {
      const handle = handles.find((one) => node(one) === at) ?? `@${at}`;
      if (saved > 0) bytes[handle] = (bytes[handle] ?? 0) + saved;
    },
    () => undefined,
  );
  return bytes;
};

/** The table of a new Map has two buckets: 3 + 2 * (1 + 2 * 3) words and a header of 16 bytes. */
const newMapTable = 16 + 8 * 17;
const newSetTable = 16 + 8 * 13;

test('an empty Map, Set or array costs its object and its table', () => {
  const text = `
    global -a-> Map map 32
    map -internal:table-> mapTable:array ${newMapTable}
    global -b-> Set set 32
    set -internal:table-> setTable:array ${newSetTable}
    global -c-> Array list 32`;
  assert.deepEqual(found(emptyCollections, text, ['map', 'set', 'list']), { map: 184, set: 152, list: 32 });
  assert.deepEqual(found(singleEntryCollections, text, []), {});
});

test('one entry shows by the words of its table; two entries, and a table that has grown, are no waste', () => {
  const entry = (at: number) =>
    `mapTable -internal:${at}-> key${at}:string 24\nmapTable -internal:${at + 1}-> V v${at} 16`;
  const map = `global -a-> Map map 32\nmap -internal:table-> mapTable:array`;
  assert.deepEqual(found(singleEntryCollections, `${map} ${newMapTable}\n${entry(5)}`, ['map']), { map: 184 });
  assert.deepEqual(found(singleEntryCollections, `${map} ${newMapTable}\n${entry(5)}\n${entry(8)}`, []), {});
  const grown = 16 + 8 * (3 + 8 * 7);
  assert.deepEqual(found(singleEntryCollections, `${map} ${grown}\n${entry(11)}`, []), {});
  assert.deepEqual(found(emptyCollections, `${map} ${grown}`, []), {});
  const list =
    'global -l-> Array list 32\nlist -#0-> V v 16\nlist -internal:elements-> store:array 24\nstore -internal:0-> v';
  assert.deepEqual(found(singleEntryCollections, list, ['list']), { list: 56 });
});

test('an array that push made has room for 17 more: what is not used could be saved', () => {
  const list = (capacity: number, used: number) => `
    global -l-> Array list 32
    list -internal:elements-> store:array ${16 + 8 * capacity}
    ${upTo(used, (i) => `list -#${i - 1}-> V v${i} 16`)}`;
  assert.deepEqual(found(unusedRoom, list(17, 1), ['list']), { list: 16 * 8 });
  assert.deepEqual(found(unusedRoom, list(17, 9), []), {}, 'more than half is used');
  assert.deepEqual(found(unusedRoom, list(400, 2), []), {}, 'push never makes so much: the rest are numbers');
});

test('numbers of their own in objects and arrays are boxed; those of a function’s context are not counted', () => {
  const text = `
    global -row-> Row row 40
    row -price-> price:number 16
    row -list-> Array list 32
    list -internal:elements-> store:array 32
    store -internal:0-> rate:number 16
    global -f-> f:closure 64
    f -internal:context-> scope:hidden 32
    scope -context:x-> x:number 16`;
  assert.deepEqual(found(boxedNumbers, text, ['price', 'rate', 'x']), { price: 16, rate: 16 });
});

test('ten functions bound from one are waste, with their arguments and the field that each is kept in', () => {
  const bound = (count: number) => `
    global -method-> method:closure 64
    ${upTo(count, (i) => `global -o${i}-> Row o${i} 32\no${i} -run-> run${i}:closure 40\nrun${i} -internal:bound_function-> method\nrun${i} -internal:bindings-> arguments${i}:array 24`)}`;
  const all = found(boundFunctions, bound(10), ['run1', 'run10']);
  assert.deepEqual([all['run1'], all['run10'], Object.keys(all).length], [40 + 8 + 24, 72, 10]);
  assert.deepEqual(found(boundFunctions, bound(9), []), {});
});

test('rows in dictionary mode: what their table takes beyond fields of their own', () => {
  // room for four properties: six words, then three words each
  const store = 16 + 8 * (6 + 3 * 4);
  const rows = (count: number, keys: readonly string[]) =>
    upTo(
      count,
      (i) =>
        `global -r${i}-> Row r${i} 24\nr${i} -internal:properties-> p${i}:array ${store}\n${keys.map((key, at) => `p${i} -internal:${6 + 3 * at}-> ${key} k${i}_${key}:string 24`).join('\n')}`,
    );
  const all = found(dictionaryObjects, rows(10, ['id', 'name']), ['r1']);
  // as fields: a header of 24 and two words
  assert.deepEqual([all['r1'], Object.keys(all).length], [store + 24 - (24 + 2 * 8), 10]);
  assert.deepEqual(found(dictionaryObjects, rows(9, ['id', 'name']), []), {}, 'too few to be rows');
  assert.deepEqual(found(dictionaryObjects, rows(10, ['id', 'constructor']), []), {}, 'prototypes');
});

test('of equal strings all but the first could be saved; the same beginning with another size is another text', () => {
  const text = `
    global -a-> red a:string 24
    global -b-> red b:string 24
    global -c-> red c:string 24
    global -d-> red d:string 32
    global -e-> blue e:string 24`;
  assert.deepEqual(found(equalStrings, text, ['a', 'b', 'c', 'd', 'e']), { b: 24, c: 24 });
});

test('a slice keeps a long text that nothing else holds', () => {
  const slice = (bytes: number) => `
    global -part-> part:sliced_string 32
    part -internal:parent-> text:string ${bytes}`;
  assert.deepEqual(found(slices, slice(4096), ['part']), { part: 4096 });
  assert.deepEqual(found(slices, slice(1000), []), {}, 'the text is short');
  assert.deepEqual(found(slices, `${slice(4096)}\nglobal -all-> text`, []), {}, 'the text is wanted itself');
  const two = `${slice(1500)}\nglobal -other-> other:sliced_string 32\nother -internal:parent-> text`;
  assert.deepEqual(found(slices, two, []), {}, '750 bytes a slice');
});

test('a string in pieces is compared with its text in one piece', () => {
  const pieces = `
    global -r-> rope:concatenated_string 32
    rope -internal:first-> abcd one:string 24
    rope -internal:second-> inner:concatenated_string 32
    inner -internal:first-> efgh two:string 24
    inner -internal:second-> ijkl three:string 24`;
  // 12 letters in one piece: 16 + 12, in words of 8
  assert.deepEqual(found(ropes, pieces, ['rope', 'inner']), { rope: 32 + 24 + 32 + 24 + 24 - 32 });
  const long = 'x'.repeat(400);
  const flat = `global -r-> rope:concatenated_string 32\nrope -internal:first-> ${long} one:string 416\nrope -internal:second-> abcd two:string 24`;
  assert.deepEqual(found(ropes, flat, []), {}, 'two pieces that are nearly all text');
});

test('objects of equal fields are equal, also through equal objects; numbers and missing fields leave it open', () => {
  const pair = (fields: (at: number) => string, bytes = 24 + 2 * 8) => `
    global -a-> Point p1 ${bytes}
    ${fields(1)}
    global -b-> Point p2 ${bytes}
    ${fields(2)}`;
  const texts = (at: number) => `p${at} -x-> left x${at}:string 24\np${at} -y-> top y${at}:string 24`;
  assert.deepEqual(found(equalObjects, pair(texts), ['p1', 'p2']), { p2: 40 });
  const nested = (at: number) =>
    `p${at} -x-> left x${at}:string 24\np${at} -y-> Size s${at} 32\ns${at} -w-> wide w${at}:string 24`;
  assert.deepEqual(found(equalObjects, pair(nested), ['p2', 's2']), { p2: 40, s2: 32 });
  const different = (at: number) => `p${at} -x-> left x${at}:string 24\np${at} -y-> top${at} y${at}:string 24`;
  assert.deepEqual(found(equalObjects, pair(different), []), {});
  const numbers = (at: number) => `p${at} -x-> left x${at}:string 24\np${at} -y-> n${at}:number 16`;
  assert.deepEqual(found(equalObjects, pair(numbers), []), {});
  assert.deepEqual(found(equalObjects, pair(texts, 48), []), {}, 'a field that is not shown may differ');
});

test('an array of a thousand plain objects of one shape is a result that is held whole', () => {
  const rows = (count: number, name = 'Object') => `
    global -rows-> Array list 32
    list -internal:elements-> store:array ${16 + 8 * count}
    ${upTo(count, (i) => `list -#${i}-> ${name} r${i} 40\nstore -internal:${i}-> r${i}\nr${i} -id-> t${i}:string 24`)}`;
  assert.deepEqual(found(rowsHeldWhole, rows(1000), ['list']), { list: 32 + 16 + 8000 + 1000 * 64 });
  assert.deepEqual(found(rowsHeldWhole, rows(999), []), {});
  assert.deepEqual(
    found(rowsHeldWhole, rows(1000, 'Session'), []),
    {},
    'objects of a class are the program’s own model',
  );
});

test('no byte is claimed twice, and none that is not there', () => {
  const { graph, node } = drawHeap('root -shortcut:global-> global\nglobal -a-> A a 100');
  const claims = new Claims(graph);
  assert.deepEqual([claims.take(node('a'), 60), claims.take(node('a'), 60), claims.takeAll(node('a'))], [60, 40, 0]);
  assert.equal(new Claims(graph).take(node('a'), -5), 0);
});

test('what a node dominates begins with itself', () => {
  const { graph, node } = drawHeap(`
    root -shortcut:global-> global
    global -a-> A a 10
    a -b-> B b 10
    a -c-> C c 10
    c -shared-> D d 10
    global -shared-> d`);
  const heap = new Heap(graph);
  const places = preorderPlaces(heap);
  const [first, ...others] = places.subtree(node('a'));
  assert.deepEqual([first, others.toSorted((x, y) => x - y)], [node('a'), [node('b'), node('c')]]);
  assert.equal(preorderPlaces(heap), places, 'computed once');
});

test('waste is grouped by how it is held, with the largest of each group, and small groups are left out', () => {
  const { graph, node } = drawHeap(`
    root -shortcut:global-> global
    global -cache-> Map cache 32
    cache -internal:table-> table:array 400
    table -internal:5-> A a1 100
    table -internal:8-> A a2 300
    global -other-> A a3 50`);
  const holders = new Holders(new Heap(graph), () => undefined);
  for (const [handle, bytes] of [['a1', 10], ['a2', 30], ['a3', 4]] as const) holders.add(node(handle), bytes); // prettier-ignore
  const { count, bytes, examples } = holders.summarize(5, 5);
  assert.deepEqual([count, bytes], [2, 40]);
  assert.deepEqual(examples.map(({ id, count: of, bytes: saved }) => [id, of, saved]), [[graph.nodeId[node('a2')], 2, 40]]); // prettier-ignore
  assert.equal(holders.summarize(0, 0).examples.length, 2);
});

test('a byte goes to the kind that names its cause more exactly, and the report adds up', () => {
  const { graph } = drawHeap(`
    root -shortcut:global-> global
    global -rows-> Array list 32
    list -internal:elements-> store:array ${16 + 8 * 1000}
    ${upTo(1000, (i) => `list -#${i}-> Object r${i} 40\nstore -internal:${i}-> r${i}\nr${i} -tags-> Map m${i} 32\nm${i} -internal:table-> t${i}:array ${newMapTable}`)}`);
  const { kinds, wastedBytes, totalBytes } = findWaste(new Heap(graph));
  const bytes = Object.fromEntries(kinds.map((one) => [one.kind, one.bytes]));
  assert.deepEqual(bytes, { 'empty-collections': 184_000, 'rows-held-whole': 32 + 8016 + 40_000 });
  assert.deepEqual([wastedBytes, totalBytes], [232_048, 232_048 + 16]);
});

/** An object, its hidden class with these fields, and the way from its prototype to Object.prototype. */
const shaped = (handle: string, keys: readonly string[], prototype: string): string => `
  ${handle} -internal:map-> ${keys.join('')}Shape:object_shape 72
  ${keys.join('')}Shape -internal:descriptors-> ${keys.join('')}Keys:object_shape 24
  ${keys.map((key, i) => `${keys.join('')}Keys -internal:${i * 3}-> ${key}:string 16`).join('\n')}
  ${handle} -__proto__-> ${prototype}`;
const objectPrototype = `
  global -base-> Object base 56
  base -constructor-> Object objectClass:closure 64`;

test('an object made by adding fields has room that it does not use, and a store beside it', () => {
  const rows = upTo(10, (i) => `global -a${i}-> Object one${i} 56${shaped(`one${i}`, ['name'], 'base')}`);
  const saved = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`one${i + 1}`, 24]));
  assert.deepEqual(found(looseShapes, `${objectPrototype}\n${rows}`, Object.keys(saved)), saved);
});

test('what V8 lays out itself, and what extends it, has no loose shape', () => {
  const dates = upTo(10, (i) => `global -a${i}-> Due due${i} 104${shaped(`due${i}`, ['name'], 'dueBase')}`);
  const chain = `
    global -due-> Object dueBase 24
    dueBase -constructor-> Due dueClass:closure 64
    dueClass -internal:shared-> dueCode:code 56
    dueCode -internal:script-> /app/due.js script:code 144
    script -internal:source-> text:string 100
    dueBase -__proto__-> Object dateBase 24
    dateBase -constructor-> Date dateClass:closure 64
    dateBase -__proto__-> base`;
  assert.deepEqual(found(looseShapes, `${objectPrototype}${chain}\n${dates}`, []), {});
});

test('a list of listeners is in bulk only if one piece of code makes all of them', () => {
  const list = (code: (i: number) => string) =>
    `global -l-> Array list 32\n${upTo(100, (i) => `list -#${i - 1}-> f${i}:closure 56\nf${i} -internal:shared-> ${code(i)}:code 56`)}`;
  assert.equal(Object.keys(found(listenersInBulk, list(() => 'same'), [])).length, 99); // prettier-ignore
  assert.deepEqual(
    found(
      listenersInBulk,
      list((i) => (i === 7 ? 'other' : 'same')),
      [],
    ),
    {},
  );
});

test('the one or two pools that Node itself keeps are no waste', () => {
  const pool = (i: number) => `
    global -b${i}-> Buffer view${i} 96
    view${i} -internal:buffer-> ArrayBuffer pool${i} 88
    pool${i} -internal:backing_store-> bytes${i}:native 8192
    pool${i} -hidden:0-> system / PropertyArray mark${i}:hidden 40`;
  assert.deepEqual(found(poolsOfFew, upTo(2, pool), []), {});
});
