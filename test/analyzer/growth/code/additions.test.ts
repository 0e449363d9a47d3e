/** The line that adds to a container, found in the text of the program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAdditions, type Addition } from '#memwatch/analyzer/growth/code/additions.js';
import { findDeclaration } from '#memwatch/analyzer/growth/code/declarations.js';
import type { FindingKind } from '#memwatch/analyzer/model/finding.js';

const only = ([first, ...more]: readonly Addition[]): number | undefined =>
  more.length === 0 ? first && first.line + 1 : undefined;

/** The line (1-based) that adds to a variable, or to a member of it: `users`, `users[].visits`. */
const variable = (source: string, kind: FindingKind, path: string): number | undefined => {
  const [name = '', ...members] = path.split(/\.|(?=\[)/);
  const at = findDeclaration(source, name, { line: 0, column: 0 });
  return only(findAdditions(source, { kind, variable: at && { name, at }, members }));
};

/** The same for a property of an object of a class. */
const property = (source: string, kind: FindingKind, ...members: string[]): number | undefined => {
  return only(findAdditions(source, { kind, members }));
};

test('each kind of container has its own ways to be added to', () => {
  assert.equal(
    variable('const a = new Map();\nexport const f = (k) => {\n  a.get(k);\n  a.set(k, 1); };', 'map', 'a'),
    4,
  );
  assert.equal(variable('const a = new Set();\n() => a.add(1);', 'set', 'a'), 2);
  assert.equal(variable('const a = [];\n() => a.unshift(1);', 'array', 'a'), 2);
  assert.equal(variable('const a = [];\n(k) => { a[k] = 1; };', 'array', 'a'), 2);
  assert.equal(variable('const a = [];\n() => a.splice(0, 1);\n() => a.splice(0, 0, 1);', 'array', 'a'), 3);
  assert.equal(variable('const a = {};\n(k) =>\n  (a[k] ??= []);', 'dictionary', 'a'), 3);
  assert.equal(variable("let a = '';\n() => (a += 'x');", 'string', 'a'), 2);
  assert.equal(variable('let a;\n(b) => (a = Buffer.concat([a, b]));', 'buffer', 'a.buffer'), 2);
  assert.equal(variable('const a = new WebAssembly.Memory(size);\n() => a.grow(1);', 'buffer', 'a'), 2);
  assert.equal(variable('let a;\n() => { a = { next: a }; };', 'linked-list', 'a'), 2);
  assert.equal(variable('const a = new Map();\n() => a.push(1);', 'map', 'a'), undefined);
  assert.equal(variable('const a = [];\n() => a.push(1);', 'promise-reactions', 'a'), undefined);
});

test('whatever waits for a promise adds a reaction to it', () => {
  const line = (code: string): number | undefined =>
    variable(`const a = new Promise(() => {});\nasync (b) => {\n${code} };`, 'promise-reactions', 'a');
  const waits = ['a.then(b);', 'await a;', 'await Promise.race([b, a]);', 'Promise.all([, a]);', 'a.finally(b);'];
  assert.deepEqual(waits.map(line), [3, 3, 3, 3, 3]);
  assert.deepEqual(['await b;', 'b.race([b]);', 'Promise.race(b);'].map(line), [undefined, undefined, undefined]);
});

test('properties are known by their name, elements by what they are taken from', () => {
  const store = 'class S {\n  #m = new Map();\n  add(k) { this.#m.set(k, 1); }\n  put(k) { other.n.set(k, 1); }\n}';
  assert.equal(property(store, 'map', '#m'), 3);
  assert.equal(property(store, 'map', 'n'), 4);
  assert.equal(variable('const s = {};\n() => {\n s.todos.push(1); };', 'array', 's.todos'), 3);
  assert.equal(variable('const u = new Map();\n(k) =>\n u.get(k).visits.push(1);', 'array', 'u[].visits'), 3);
  assert.equal(variable('const u = new Map();\n(k) =>\n u.get(k).push(1);', 'array', 'u[]'), 3);
  assert.equal(variable('const u = new Map();\n(e) => {\n e.title = 1; };', 'string', 'u[].title'), 3);
});

test('a variable that was set to the container, or to an element of it, stands for it', () => {
  const tracker =
    'class T { #byUser = new Map();\n  record(u, e) {\n    let events = this.#byUser.get(u);\n    if (!events) this.#byUser.set(u, (events = []));\n' +
    '    events.push(e);\n  }\n  other(events) {\n    events.push(1); } }';
  assert.equal(property(tracker, 'array', '#byUser', '[]'), 5);
  assert.equal(
    property('function set(k) {\n  var data = this.__data__;\n  data[k] = 1;\n}', 'dictionary', '__data__'),
    3,
  );
});

test('another variable of that name is not the container', () => {
  const source = 'const a = [];\nconst f = (a) => a.push(1);\nconst g = () => a.push(2);';
  assert.equal(variable(source, 'array', 'a'), 3);
});

test('what is filled while the module loads does not count if a function adds, too', () => {
  const source = 'const a = new Map();\nfor (const k of keys) a.set(k, 0);\nexport const f = (k) => a.set(k, 1);';
  assert.equal(variable(source, 'map', 'a'), 3);
  assert.equal(variable('const a = new Map();\nfor await (const k of keys)\n  a.set(k, 0);', 'map', 'a'), 3);
});

test('of two lines that add none is named, and neither is one in a text that cannot be parsed', () => {
  assert.equal(variable('const a = [];\n() => a.push(1);\n() => a.push(2);', 'array', 'a'), undefined);
  assert.equal(variable('const a = [];\n() => a.push(<T>1);', 'array', 'a'), undefined);
});

test('what empties a container adds nothing to it', () => {
  const list =
    'class L {\n  add(x) { this.list[this.n++] = x; }\n  drop(i) { this.list[i] = null; this.list[i] = undefined; }\n}';
  assert.equal(property(list, 'array', 'list'), 2);
  const text = "class J {\n  write(line) { this.text += line; }\n  clear() { this.text = ''; }\n}";
  assert.equal(property(text, 'string', 'text'), 2);
});

test('a property behind a symbol is known by the variable that holds the symbol', () => {
  const lru = "const CACHE = makeSymbol('cache');\nclass LRU {\n  set(k, v) { this[CACHE].set(k, v); }\n}";
  assert.equal(property(lru, 'map', '<symbol cache>'), 3);
  assert.equal(property(lru, 'map', '<symbol other>'), undefined);
});

test('of several lines, each is known with the function that it is in', () => {
  const source = 'const a = [];\nexport function load(x) { a.push(x); }\nconst add = (x) =>\n  a.push(x);';
  const at = findDeclaration(source, 'a', { line: 0, column: 0 });
  const found = findAdditions(source, { kind: 'array', variable: at && { name: 'a', at }, members: [] });
  assert.deepEqual(
    found.map(({ line, within }) => [line, within?.line]),
    [
      [1, 1],
      [3, 2],
    ],
  );
});

test('a list or tree is added to where an entry is linked behind another, unless a variable that holds it is set', () => {
  const line = (source: string, fields: string[], members: string[] = ['seen']): number | undefined =>
    only(findAdditions(source, { kind: 'linked-list', members, links: { fields, entryClass: 'Node' } }));
  const tree = (link: string): string =>
    `class Tree {\n  insert(at, key, node) {\n    if (!this.root) this.root = new Node(key);\n    at.left = null;\n    ${link} }\n}`;
  assert.equal(line(tree('at[side] = new Node(key);'), ['left', 'right']), 5);
  assert.equal(line(tree('at.right = node;'), ['left', 'right']), 5);
  assert.equal(line(tree('at[side] = new Other(key);'), ['left', 'right']), undefined);
  assert.equal(line(tree('at.right = node;'), ['left', 'right'], ['root']), 3);
});
