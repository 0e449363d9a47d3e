/**
 * Programs with planted waste: for each kind one that wastes, and its mended twin that does the same without. In: a kind,
 * mended or not. Out: the source of a module that writes a heap snapshot to the path in its arguments.
 */

interface Planted {
  /** What both do first. */
  readonly before: string;
  readonly wasteful: string;
  readonly mended: string;
}

/** A new string each time, in one piece. */
const text = 'const text = (value) => Buffer.from(value).toString();';

export const planted: Readonly<Record<string, Planted>> = {
  'equal-strings': {
    before: `${text}
      class Order { constructor(id, city) { this.id = id; this.city = city; } }
      const orders = new Map();
      const known = new Map();
      const shared = (value) => known.get(value) ?? (known.set(value, value), value);`,
    wasteful: `for (let i = 0; i < 20000; i++) orders.set(i, new Order(i, text('Amsterdam-Noord, district ' + (i % 7))));`,
    mended: `for (let i = 0; i < 20000; i++) orders.set(i, new Order(i, shared(text('Amsterdam-Noord, district ' + (i % 7)))));`,
  },
  slices: {
    before: `${text}
      const ids = [];
      const page = (i) => text(('page ' + i + ' ').padEnd(40_000, 'abcdefgh'));`,
    wasteful: `for (let i = 0; i < 50; i++) ids.push(page(i).slice(0, 30));`,
    mended: `for (let i = 0; i < 50; i++) ids.push(text(page(i).slice(0, 30)));`,
  },
  ropes: {
    before: `const pages = [];
      const letters = 'abcdefghijklmnopqrstuvwxyz'.split('');`,
    wasteful: `for (let i = 0; i < 50; i++) {
      let page = 'the page of number ' + i;
      for (let j = 0; j < 1000; j++) page += letters[(i + j) % 26];
      pages.push(page);
    }`,
    mended: `for (let i = 0; i < 50; i++) {
      const page = ['the page of number ' + i];
      for (let j = 0; j < 1000; j++) page.push(letters[(i + j) % 26]);
      pages.push(page.join(''));
    }`,
  },
  'empty-collections': {
    before: `class Session { constructor(id, headers, tags, errors) { this.id = id; this.headers = headers; this.tags = tags; this.errors = errors; } }
      const sessions = new Map();`,
    wasteful: `for (let i = 0; i < 4000; i++) sessions.set(i, new Session(i, new Map(), new Set(), []));`,
    mended: `for (let i = 0; i < 4000; i++) sessions.set(i, new Session(i, null, null, null));`,
  },
  'one-entry-collections': {
    before: `class User { constructor(id, roles, flags, teams) { this.id = id; this.roles = roles; this.flags = flags; this.teams = teams; } }
      const users = new Map();
      const team = { name: 'red' };
      const flag = { name: 'beta' };`,
    wasteful: `for (let i = 0; i < 4000; i++) users.set(i, new User(i, new Set(['admin']), new Map([['beta', flag]]), [team]));`,
    mended: `for (let i = 0; i < 4000; i++) users.set(i, new User(i, 'admin', flag, team));`,
  },
  'unused-room': {
    before: `class Branch { constructor(id) { this.id = id; this.children = null; } }
      const branches = new Map();
      class Leaf { constructor(id) { this.id = id; } }`,
    wasteful: `for (let i = 0; i < 5000; i++) {
      const branch = new Branch(i);
      branch.children = [];
      branch.children.push(new Leaf(i));
      branch.children.push(new Leaf(-1 - i));
      branches.set(i, branch);
    }`,
    mended: `for (let i = 0; i < 5000; i++) {
      const branch = new Branch(i);
      branch.children = [new Leaf(i), new Leaf(-1 - i)];
      branches.set(i, branch);
    }`,
  },
  'dictionary-objects': {
    before: `const rows = new Map();`,
    wasteful: `for (let i = 0; i < 4000; i++) {
      const row = { password: 'secret', name: 'someone', mail: 'a@b.c', id: i };
      delete row.password;
      rows.set(i, row);
    }`,
    mended: `for (let i = 0; i < 4000; i++) rows.set(i, { name: 'someone', mail: 'a@b.c', id: i });`,
  },
  'boxed-numbers': {
    before: `class Price { constructor(bid, ask) { this.bid = bid; this.ask = ask; } }
      const prices = new Map();
      const series = ['EUR'];`,
    wasteful: `for (let i = 0; i < 30000; i++) { prices.set(i, new Price(i + 0.25, i + 0.75)); series.push(i + 0.5); }`,
    mended: `for (let i = 0; i < 30000; i++) { prices.set(i, new Price(i * 100 + 25, i * 100 + 75)); series.push(i * 100 + 50); }`,
  },
  'bound-functions': {
    before: `const sockets = new Map();`,
    wasteful: `class Socket { constructor(id) { this.id = id; this.onData = this.onData.bind(this); this.onEnd = this.onEnd.bind(this, id); } onData() {} onEnd() {} }
      for (let i = 0; i < 5000; i++) sockets.set(i, new Socket(i));`,
    mended: `class Socket { constructor(id) { this.id = id; } onData() {} onEnd() {} }
      for (let i = 0; i < 5000; i++) sockets.set(i, new Socket(i));`,
  },
  'equal-objects': {
    before: `const measures = new Map();
      const units = ['ms', 'kb', 'percent', 'count'];
      const make = (i) => ({ unit: units[i % 4], scale: { of: 'linear', from: units[(i + 1) % 4] }, tags: ['a', units[i % 4]] });
      const known = units.map((_, i) => make(i));`,
    wasteful: `for (let i = 0; i < 8000; i++) measures.set(i, make(i));`,
    mended: `for (let i = 0; i < 8000; i++) measures.set(i, known[i % 4]);`,
  },
  'rows-held-whole': {
    before: `${text}
      const names = [];
      function* read() { for (let i = 0; i < 8000; i++) yield { id: i, name: text('customer number ' + i), age: i % 90 }; }`,
    wasteful: `const rows = [...read()];
      for (const row of rows) if (row.age === 89) names.push(row.name);
      globalThis.result = { rows };`,
    mended: `for (const row of read()) if (row.age === 89) names.push(row.name);`,
  },
  'loose-shapes': {
    before: `const settings = new Map();
      class Visit { constructor(from) { this.from = from; } }
      class Stay { constructor(from) { this.from = from; this.to = undefined; this.by = undefined; } }
      const visits = new Map();`,
    wasteful: `for (let i = 0; i < 12_000; i++) {
      const one = {};
      one.id = i;
      settings.set(i, one);
      const many = {};
      for (const key of ['a', 'b', 'c', 'd', 'e']) many[key] = i;
      settings.set(-i, many);
      const visit = new Visit(i);
      if (i % 2 === 0) visit.to = i;
      if (i % 3 === 0) visit.by = i;
      visits.set(i, visit);
    }`,
    mended: `for (let i = 0; i < 12_000; i++) {
      settings.set(i, { id: i });
      settings.set(-i, { a: i, b: i, c: i, d: i, e: i });
      visits.set(i, new Stay(i));
    }`,
  },
  'number-rows': {
    before: `const points = [];
      const columns = [];`,
    wasteful: `for (let i = 0; i < 20000; i++) points.push({ x: i, y: i * 3, z: i % 7 });`,
    mended: `for (const factor of [1, 3, 5]) columns.push(Float64Array.from({ length: 20000 }, (_, i) => i * factor));`,
  },
  'functions-per-object': {
    before: `const sockets = new Map();`,
    wasteful: `class Socket { constructor(id) { this.id = id; this.onData = () => this.id; this.onEnd = () => -this.id; } }
      for (let i = 0; i < 5000; i++) sockets.set(i, new Socket(i));`,
    mended: `class Socket { constructor(id) { this.id = id; } onData() { return this.id; } onEnd() { return -this.id; } }
      for (let i = 0; i < 5000; i++) sockets.set(i, new Socket(i));`,
  },
  'listeners-in-bulk': {
    before: `import { EventEmitter } from 'node:events';
      const emitters = [new EventEmitter().setMaxListeners(0)];
      const seen = [];`,
    wasteful: `for (let i = 0; i < 10000; i++) emitters[0].on('change', () => seen.push(i));`,
    mended: `emitters[0].on('change', () => seen.push(1));`,
  },
  'settled-promises': {
    before: `const users = new Map();
      const user = { name: 'someone' };`,
    wasteful: `for (let i = 0; i < 10000; i++) users.set(i, Promise.resolve(user));`,
    mended: `for (let i = 0; i < 10000; i++) users.set(i, user);`,
  },
  'tiny-buffers': {
    before: `const keys = new Map();`,
    wasteful: `for (let i = 0; i < 10000; i++) keys.set(i, Buffer.from(new ArrayBuffer(32)));`,
    mended: `keys.set('all', Buffer.alloc(32 * 10000)); for (let i = 0; i < 10000; i++) keys.set(i, null);`,
  },
  'buffer-pools': {
    before: `const kept = [];
      const read = () => { for (let i = 0; i < 40; i++) Buffer.allocUnsafe(2000); return Buffer.from('the first bytes of it'.padEnd(100)); };`,
    wasteful: `for (let i = 0; i < 400; i++) kept.push(read());`,
    mended: `for (let i = 0; i < 400; i++) kept.push(Buffer.from(new Uint8Array(read()).buffer));`,
  },
  'scripts-twice': {
    before: `import { writeFileSync } from 'node:fs';
      const pages = new Map();
      const file = process.argv[2] + '.mjs';
      const lines = Array.from({ length: 2000 }, (_, i) => 'sum = sum * 3 + data[' + i + '];');
      writeFileSync(file, 'export default (data) => { let sum = 0; ' + lines.join('\\n') + ' return sum; };');`,
    wasteful: `for (let i = 0; i < 60; i++) pages.set(i, (await import(file + '?page=' + i)).default([1]));`,
    mended: `for (let i = 0; i < 60; i++) pages.set(i, (await import(file)).default([1]));`,
  },
  'packages-twice': {
    before: `import { mkdirSync, writeFileSync } from 'node:fs';
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const pages = new Map();
      const lines = Array.from({ length: 2000 }, (_, i) => 'sum = sum * 3 + data[' + i + '];');
      const load = (page) => {
        const folder = process.argv[2] + '-app/node_modules/page' + page + '/node_modules/lib';
        mkdirSync(folder, { recursive: true });
        writeFileSync(folder + '/sum.js', 'module.exports = (data) => { let sum = 0; ' + lines.join('\\n') + ' return sum; };');
        return require(folder + '/sum.js');
      };`,
    wasteful: `for (let i = 0; i < 60; i++) pages.set(i, load(i)([1]));`,
    mended: `for (let i = 0; i < 60; i++) pages.set(i, load(0)([1]));`,
  },
  'unused-variables': {
    before: `const pages = new Map();
      const text = (value) => Buffer.from(value).toString();
      const build = (source) => source.length;`,
    wasteful: `const render = (i) => {
      const source = text(('page ' + i).padEnd(20_000));
      const size = () => build(source);
      return { size: size(), title: () => i };
    };
    for (let i = 0; i < 100; i++) pages.set(i, render(i).title);`,
    mended: `const measure = (i) => {
      const source = text(('page ' + i).padEnd(20_000));
      const size = () => build(source);
      return size();
    };
    const render = (i) => ({ size: measure(i), title: () => i });
    for (let i = 0; i < 100; i++) pages.set(i, render(i).title);`,
  },
  'source-maps': {
    before: `const maps = new Map();
      const text = (value) => Buffer.from(value).toString();`,
    wasteful: `for (let i = 0; i < 60; i++) maps.set('page' + i + '.js', text(JSON.stringify({ version: 3, sources: ['page' + i + '.ts'], names: [], mappings: 'AAAA;'.repeat(20000 + i) })));`,
    mended: `for (let i = 0; i < 60; i++) maps.set('page' + i + '.js', null);`,
  },
};

export const sourceOf = (kind: string, isMended: boolean): string => {
  const program = planted[kind];
  if (program === undefined) throw new Error(`no program with ${kind}`);
  return writesSnapshot(program.before, isMended ? program.mended : program.wasteful);
};

export const writesSnapshot = (before: string, body: string): string =>
  `import { writeHeapSnapshot } from 'node:v8';
    ${before}
    ${body}
    globalThis.kept = () => [${keptVariables(before).join(', ')}];
    writeHeapSnapshot(process.argv[2]);`;

/** Module variables live as long as a function can see them. */
const keptVariables = (source: string): string[] =>
  [...source.matchAll(/const (\w+) = (?:new Map\(\)|\[)/g)].map(([, name]) => name ?? '');
