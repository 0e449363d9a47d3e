/** Code that counts its lines does what the code does without that, and counts each line as often as it begins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import type { FunctionTable } from '#memwatch/agent/lines/line-numbers.js';
import { globalName, rewriteSource, type Missing } from '#memwatch/agent/lines/rewrite.js';
import { parseSelector } from '#memwatch/agent/lines/selector.js';

interface Counted {
  readonly result: unknown;
  /** Hits by `function:line`. */
  readonly hits: Readonly<Record<string, number>>;
  readonly tables: readonly FunctionTable[];
  readonly missing: readonly Missing[];
  /** Activations that were left; each must be. */
  readonly open: number;
}

/** Runs the rewritten code with counters that only count. The code's last expression is its result. */
const count = async (code: string, ...wanted: readonly string[]): Promise<Counted> => {
  const selectors = (wanted.length === 0 ? ['*'] : wanted).map((one) => parseSelector(`/srv/app.js:${one}`));
  const rewritten = rewriteSource(code, '/srv/app.js', 'script', selectors);
  assert.ok(rewritten !== undefined);
  const hits: Record<string, number> = {};
  const tables: FunctionTable[] = [];
  const missing: Missing[] = [];
  let open = 0;
  const hit = ({ name, lines }: FunctionTable, key: number): void => {
    const line = `${name}:${lines[key]}`;
    hits[line] = (hits[line] ?? 0) + 1;
  };
  const enter = (table: FunctionTable) => (key: number, counted: number) => {
    open++;
    if (counted === 1) hit(table, key);
    const pass = (value: unknown): unknown => value;
    return { line: (k: number) => hit(table, k), uncounted: () => {}, suspend: pass, delegate: pass, resume: pass, exit: () => open-- }; // prettier-ignore
  };
  const register = (own: readonly FunctionTable[]) => {
    tables.push(...own);
    return own.map((table) => ({ enter: enter(table) }));
  };
  const counters = { register, miss: (all: readonly Missing[]) => missing.push(...all) };
  const context = vm.createContext({ [globalName]: counters, console });
  // what is appended follows the last expression, so the result is a variable
  vm.runInContext(rewritten, context);
  const result: unknown = await vm.runInContext('result', context);
  const own = <T>(value: T): T => structuredClone(value); // arrays of the other context are no arrays of this one
  return { result: own(result ?? null), hits, tables, missing: own(missing), open };
};

/** What the code does without counters. */
const plain = async (code: string): Promise<unknown> => {
  const context = vm.createContext({});
  vm.runInContext(code, context);
  return structuredClone((await vm.runInContext('result', context)) ?? null);
};

test('lines are counted as often as they begin, and a loop’s head once more for each turn', async () => {
  const code = `function sum(list) {
  let total = 0;
  for (const one of list) {
    if (one < 0)
      continue;
    total += one;
  }
  return total;
}
var result = sum([1, -2, 3]);`;
  const { result, hits, tables, open } = await count(code, 'sum');
  assert.deepEqual([result, open], [4, 0]);
  assert.deepEqual(hits, { 'sum:2': 1, 'sum:3': 1 + 3, 'sum:4': 3, 'sum:5': 1, 'sum:6': 2, 'sum:8': 1 });
  const [{ firstLine, source = [], file } = {}] = tables;
  assert.deepEqual([firstLine, source.length, source[1], file], [1, 9, '  let total = 0;', '/srv/app.js']);
});

test('a classic loop counts its head when it is reached and after each turn', async () => {
  const code = `function f() {
  for (let i = 0; i < 3; i++) {
    g();
  }
  let n = 2;
  while (n > 0) {
    n--;
  }
}
function g() {}
var result = f();`;
  const { hits } = await count(code, 'f');
  assert.deepEqual(hits, { 'f:2': 1 + 3, 'f:3': 3, 'f:5': 1, 'f:6': 3, 'f:7': 2 });
});

test('a nested function counts in the table of the function around it, unless it is selected itself', async () => {
  const code = `function outer(list) {
  const double = (x) => {
    return x * 2;
  };
  return list.map(double);
}
var result = outer([1, 2]);`;
  const together = await count(code, 'outer');
  assert.deepEqual([together.tables.length, together.hits['outer:3']], [1, 2]);
  const apart = await count(code, '*');
  assert.deepEqual(apart.tables.map(({ name }) => name), ['outer', 'outer.double']); // prettier-ignore
  assert.deepEqual([apart.hits['outer.double:3'], apart.hits['outer:5'], apart.result], [2, 1, [2, 4]]);
});

test('a function that throws is left, and its error is the same', async () => {
  const code = `function f(x) {
  if (x > 1)
    throw new RangeError('too large');
  return f(x + 1);
}
var result;
try { f(0); } catch (error) { result = [error.name, error.message]; }`;
  const { result, hits, open } = await count(code, 'f');
  assert.deepEqual([result, open], [['RangeError', 'too large'], 0]);
  assert.deepEqual(hits, { 'f:2': 3, 'f:3': 1, 'f:4': 2 });
});

/** Programs that rewriting could break, each with a result. */
const programs: Readonly<Record<string, string>> = {
  'an expression body': 'const f = (a) => ({ a });\nvar result = f(1);',
  'a body without semicolons':
    'function f(a) {\n  let b = a\n  if (b) b = b + 1\n  else b = 0\n  return b\n}\nvar result = [f(1), f(0)]',
  'a directive': "function f() {\n  'use strict';\n  return this === undefined;\n}\nvar result = f();",
  'functions that are used before they are declared': 'function f() {\n  return g();\n  function g() { return 7; }\n}\nvar result = f();', // prettier-ignore
  'a function and a var of one name': 'function f() {\n  var g = g() + 1;\n  function g() { return 7; }\n  return g;\n}\nvar result = f();', // prettier-ignore
  'labels': 'function f() {\n  let n = 0;\n  outer: for (const a of [1, 2, 3]) {\n    for (const b of [1, 2]) {\n      if (b === 2) continue outer;\n      n += a * b;\n    }\n  }\n  return n;\n}\nvar result = f();', // prettier-ignore
  'a switch': 'function f(x) {\n  switch (x) {\n    case 1:\n      x = 10;\n    case 2:\n      return x;\n    default:\n      return -1;\n  }\n}\nvar result = [f(1), f(2), f(3)];', // prettier-ignore
  'do and while': 'function f() {\n  let i = 0;\n  do i++; while (i < 3)\n  return i;\n}\nvar result = f();',
  'try, catch and finally': 'function f() {\n  const log = [];\n  try {\n    log.push(1);\n    throw 1;\n  } catch {\n    log.push(2);\n  } finally {\n    log.push(3);\n  }\n  return log;\n}\nvar result = f();', // prettier-ignore
  'a generator': 'function* f() {\n  const a = yield 1;\n  yield* [a, 3];\n  return 4;\n}\nconst g = f();\nvar result = [g.next().value, g.next(2).value, g.next().value, g.next().value];', // prettier-ignore
  'async and await': 'async function f(a) {\n  const b = await a;\n  return (await Promise.resolve(b)) + 1;\n}\nvar result = f(Promise.resolve(1));', // prettier-ignore
  'an async generator': 'async function* f() {\n  yield 1;\n  for await (const x of [2, 3]) {\n    yield x;\n  }\n}\nvar result = (async () => { const all = []; for await (const x of f()) all.push(x); return all; })();', // prettier-ignore
  'a class': 'class A {\n  #n = 1;\n  static { A.made = true; }\n  get n() {\n    return this.#n;\n  }\n  constructor(x) {\n    this.#n += x;\n  }\n}\nvar result = [new A(2).n, A.made];', // prettier-ignore
  'a derived class': 'class A { constructor(x) { this.x = x; } }\nclass B extends A {\n  constructor() {\n    super(3);\n    this.y = 4;\n  }\n}\nvar result = new B();', // prettier-ignore
  'default parameters': 'function f(a, b = () => a) {\n  var a = 2;\n  return [a, b()];\n}\nvar result = f(1);',
  'arguments and this': 'const o = { n: 5, f() {\n  return [this.n, arguments.length, (() => arguments[0])()];\n} };\nvar result = o.f(9, 8);', // prettier-ignore
  recursion: 'function fib(n) {\n  if (n < 2) return n;\n  return fib(n - 1) + fib(n - 2);\n}\nvar result = fib(10);',
  'a comma and a conditional': 'const f = (x) => (x++, x > 1 ? x : -x);\nvar result = [f(0), f(1)];',
  templates: 'function f(x) {\n  return `a${\n    x + 1\n  }b`;\n}\nvar result = f(1);',
};

for (const [what, code] of Object.entries(programs)) {
  test(`${what}: the result is that of the program itself, and every activation is left`, async () => {
    const { result, open } = await count(code);
    assert.deepEqual(result, await plain(code));
    assert.equal(open, 0);
  });
}

test('a file that is not meant is not touched, and one without the function says which ones it has', async () => {
  const selectors = [parseSelector('/srv/other.js:*')];
  assert.equal(rewriteSource('function f() {}', '/srv/app.js', 'script', selectors), undefined);
  const { missing, tables } = await count('function f() {}\nconst g = () => {};\nvar result = 1;', 'h');
  assert.deepEqual([tables, missing], [[], [{ selector: '/srv/app.js:h', file: '/srv/app.js', functions: ['f', 'g'] }]]); // prettier-ignore
});

test('a file that cannot be parsed runs as it is, and says why nothing is counted', () => {
  const rewritten = rewriteSource('var a = 1', '/srv/app.js', 'script', [parseSelector('/srv/app.js:*')]);
  assert.ok(rewritten?.startsWith('var a = 1'));
  const broken = rewriteSource('var = ', '/srv/app.js', 'script', [parseSelector('/srv/app.js:*')]) ?? '';
  assert.ok(broken.startsWith('var = \n;'));
  assert.match(broken, /"functions":\[\],"reason":"Unexpected token/);
});

test('a file is rewritten once', () => {
  const selectors = [parseSelector('/srv/app.js:*')];
  const once = rewriteSource('function f() {}', '/srv/app.js', 'script', selectors) ?? '';
  assert.equal(rewriteSource(once, '/srv/app.js', 'script', selectors), undefined);
});
