/** What is found in a source text before it runs: its functions by their names, what a selector selects, where lines begin. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findFunctions, functionsNamed, isFunction, type FunctionNode } from '#memwatch/agent/lines/functions.js';
import { entersOnce, findMarks } from '#memwatch/agent/lines/marks.js';
import { originalThrough, readOriginal } from '#memwatch/agent/lines/original.js';
import { functionsMeant, meansFile, parseSelector } from '#memwatch/agent/lines/selector.js';
import { clashing, probeOf, runs } from '#memwatch/agent/lines/statements.js';
import { childrenOf, parseSource, tryParse, type AnyNode } from '#memwatch/source/syntax.js';

const sitesOf = (code: string) => findFunctions(parseSource(code, 'module'));
const namesIn = (code: string): string[] => sitesOf(code).map(({ names, anonymous }) => `${names.join('.')}${anonymous ? ' (anonymous)' : ''}`); // prettier-ignore

test('functions have the names that their source gives them: declared, assigned, of classes and of objects', () => {
  assert.deepEqual(namesIn('function a() {} const b = () => {}; let c; c = function () {};'), ['a', 'b', 'c']);
  assert.deepEqual(namesIn('class Cache { get() {} static of() {} #clean() {} size = () => 1; }'), ['Cache.get', 'Cache.of', 'Cache.#clean', 'Cache.size']); // prettier-ignore
  assert.deepEqual(namesIn('const api = { list() {}, "add item": () => {}, [key]() {} };'), ['api.list', 'api.add item', 'api.key']); // prettier-ignore
  assert.deepEqual(namesIn('exports.run = () => {}; module.exports = function () {}; Cache.prototype.get = function () {};'), ['run', 'default', 'Cache.get']); // prettier-ignore
  assert.deepEqual(namesIn('export default () => {};'), ['default']);
});

test('a function inside another has both names; a callback has those around it', () => {
  assert.deepEqual(namesIn('function outer() { function inner() {} list.map((x) => x); }'), ['outer', 'outer.inner', 'outer (anonymous)']); // prettier-ignore
  assert.deepEqual(
    namesIn('const load = memoize(async () => {});'),
    ['load'],
    'what wraps a function passes its name on',
  );
  assert.deepEqual(namesIn('const pick = ready ? () => 1 : () => 2;'), ['pick', 'pick']);
});

test('a name finds the whole chain first, then whatever ends in it', () => {
  const sites = sitesOf('function get() {} class Cache { get() {} } class Store { get() {} }');
  const found = (name: string): string[] => functionsNamed(sites, name).map(({ names }) => names.join('.'));
  assert.deepEqual(found('get'), ['get']);
  assert.deepEqual(found('Cache.get'), ['Cache.get']);
  assert.deepEqual(functionsNamed(sites.slice(1), 'get').length, 2);
  assert.deepEqual(found('et'), []);
});

test('a selector is a file and a name, or a line; anything else is refused', () => {
  const { file, wanted, path } = parseSelector('src/app.js:Cache.get');
  assert.deepEqual([file, wanted, path], ['src/app.js', 'Cache.get', join(process.cwd(), 'src/app.js')]);
  assert.equal(parseSelector('app.js:42').wanted, 42);
  assert.equal(parseSelector('C:/srv/app.js:run').file, 'C:/srv/app.js');
  for (const wrong of ['app.js', ':run', 'app.js:', ''])
    assert.throws(() => parseSelector(wrong), { code: 'bad-argument' }, wrong);
});

test('a file is meant by its path, or by the last folders of it', () => {
  const means = (selector: string, path: string): boolean => meansFile(parseSelector(`${selector}:run`), path);
  assert.ok(means('app.js', '/srv/shop/app.js') && means('./shop/app.js', '/srv/shop/app.js'));
  assert.ok(!means('shop/app.js', '/srv/workshop/app.js'), 'whole names of folders');
  assert.ok(!means('../app.js', '/srv/app.js') && !means('/app.js', '/srv/app.js'));
  assert.ok(means('src\\app.js', 'D:\\shop\\src\\app.js'));
});

test('a name, a line and * select functions of a file', () => {
  const code = 'function a() {\n  return () => {\n    return 1;\n  };\n}\nfunction b() {}\n';
  const source = readOriginal(code, '/srv/app.js');
  const meant = (wanted: string): number[] =>
    functionsMeant(parseSelector(`app.js:${wanted}`), sitesOf(code), source).map(({ node }) => node.loc?.start.line ?? 0); // prettier-ignore
  assert.deepEqual([meant('*'), meant('b'), meant('c')], [[1, 2, 6], [6], []]);
  assert.deepEqual(
    [meant('1'), meant('3'), meant('5'), meant('7')],
    [[1], [2], [1], []],
    'the innermost around a line',
  );
});

const functionOf = (code: string): FunctionNode => {
  const [site] = sitesOf(code);
  assert.ok(site !== undefined);
  return site.node;
};
const statementsOf = (code: string): readonly AnyNode[] => {
  const { body } = functionOf(code);
  return body.type === 'BlockStatement' ? body.body : [];
};

test('declarations without a value and blocks are no lines of their own', () => {
  const probes = statementsOf(`function f() {
    let a; let b = 1; ; { b(); } while (b) {} for (;;) break; for (; b; ) {} for (const c of b) {} name: b(); try {} finally {} function g() {}
  }`).map(probeOf);
  assert.deepEqual(probes, ['none', 'line', 'none', 'none', 'none', 'line', 'uncounted', 'line', 'line', 'none', 'none']); // prettier-ignore
  assert.deepEqual(statementsOf('function f() { let a; var b = 1, c; }').map(runs), [false, true]);
});

test('functions that are declared twice in a body must stay where they are', () => {
  const clashes = (code: string): number => clashing(functionOf(code), statementsOf(code)).length;
  assert.equal(clashes('function f() { function g() {} function h() {} }'), 0);
  assert.equal(clashes('function f() { function g() {} var g = 1; }'), 1);
  assert.equal(clashes('function f() { function g() {} if (x) { var { a: [g] } = x; } }'), 1, 'also in a pattern');
  assert.equal(clashes('function f() { function g() {} function g() {} }'), 2);
  assert.equal(clashes('function f() { function g() {} function h() { var g; } }'), 0, 'its own scope');
});

/** The lines of the marks; turns of loops with `+`, what waits with `~`, what does not count in brackets. */
const marksOf = (code: string, nodeVersion = 'v26.0.0'): string[] =>
  findMarks(functionOf(code), (position) => position?.line, nodeVersion).map(({ line, counts, waits, turn }) => {
    const text = `${line}${turn ? '+' : ''}${waits ? '~' : ''}`;
    return counts ? text : `(${text})`;
  });

test('a debugger records at each line that begins a statement, and at each turn of a loop', () => {
  assert.deepEqual(marksOf('function f() {\n  a();\n  b(); c();\n\n  return d;\n}'), ['2', '3', '5']);
  assert.deepEqual(marksOf('function f() {\n  for (let i = 0; i < 3; i++) {\n    a(i);\n  }\n}'), ['2', '2+', '3']);
  const forOf = 'function f() {\n  for (const x of list) {\n    a(x);\n  }\n}';
  assert.deepEqual(marksOf(forOf), ['2', '2+', '3']);
  assert.deepEqual(
    marksOf(forOf, 'v24.1.0'),
    ['(2)', '2+', '3'],
    'which reaches the variable after the last turn, too',
  );
  assert.deepEqual(marksOf('function f() {\n  for (const x of list) a(x);\n}', 'v24.1.0'), ['2']);
  assert.deepEqual(marksOf('function f() {\n  while (more()) {\n    a();\n  }\n}'), ['2+', '3']);
  assert.deepEqual(marksOf('function f() {\n  for (let i = 0; i < 3; i++) a(i);\n}'), ['2'], 'a loop of one line');
});

test('lines that wait are known; functions inside are not part of the function', () => {
  assert.deepEqual(marksOf('async function f() {\n  const a = await b();\n  if (a) {\n    await c();\n  }\n}'), ['2~', '3', '4~']); // prettier-ignore
  assert.deepEqual(marksOf('function f() {\n  const g = () => {\n    a();\n  };\n  g();\n}'), ['2', '5']);
  assert.deepEqual(marksOf('const f = (a) =>\n  a + 1;'), ['2']);
});

test('a first statement that a loop reaches again does not show a new call', () => {
  const enters = (body: string): boolean => entersOnce(functionOf(`function f() { 'use strict'; ${body} }`));
  assert.deepEqual(['a();', 'for (let i = 0; ; i++) {}', 'if (a) {}'].map(enters), [true, true, true]);
  assert.deepEqual(['while (a) {}', 'do {} while (a)', 'for (; a; ) {}', 'here: while (a) {}', ''].map(enters), [false, false, false, false, false]); // prettier-ignore
  assert.deepEqual(['try { a(); } catch {}', '{ a(); }', 'here: try { { for (let i = 0; ; ) {} } } finally {}'].map(enters), [true, true, true]); // prettier-ignore
  assert.deepEqual(['try { while (a) {} } catch {}', '{ do {} while (a) }', 'try {} finally { a(); }'].map(enters), [false, false, false]); // prettier-ignore
  assert.equal(entersOnce(functionOf('const f = () => 1')), true);
});

test('the source behind code is that of its map, inline or known beforehand; without one it is the code', () => {
  const map = { version: 3, sources: ['a.ts'], sourcesContent: ['one\ntwo'], names: [], mappings: 'AACA' };
  const inline = `run();\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
  for (const source of [
    readOriginal(inline, '/srv/a.js'),
    originalThrough('run();', '/srv/a.js', JSON.stringify(map), undefined),
  ]) {
    // prettier-ignore
    assert.deepEqual(source.files, ['/srv/a.ts']);
    assert.deepEqual(source.at({ line: 1, column: 0 }), { file: '/srv/a.ts', line: 2, name: undefined, exact: true });
    assert.deepEqual(source.linesOf('/srv/a.ts'), ['one', 'two']);
  }
  const plain = readOriginal('run();\nstop();', '/srv/a.js');
  assert.deepEqual([plain.files, plain.at({ line: 2, column: 3 })?.line, plain.at(undefined)], [['/srv/a.js'], 2, undefined]); // prettier-ignore
  assert.deepEqual([plain.linesOf('/srv/a.js'), plain.linesOf('/srv/b.js')], [['run();', 'stop();'], undefined]);
  const missing = readOriginal('run();\n//# sourceMappingURL=no-such-file.js.map', '/srv/a.js');
  assert.deepEqual(missing.files, ['/srv/a.js'], 'a map that is not there is no map');
});

test('a text is parsed as a module or a script, whichever it is', () => {
  for (const code of [
    'import a from "b"; await a;',
    'with (a) { b }',
    '#!/usr/bin/node\nreturn 1',
    'const x = await import("y")',
  ])
    // prettier-ignore
    assert.equal(tryParse(code)?.type, 'Program', code);
  assert.equal(tryParse('const = 1'), undefined);
  const program = parseSource('f(1, () => 2);', 'script');
  const [statement] = childrenOf(program);
  const [call] = statement === undefined ? [] : childrenOf(statement);
  const parts = call === undefined ? [] : childrenOf(call);
  assert.deepEqual(parts.map(({ type }) => type), ['Identifier', 'Literal', 'ArrowFunctionExpression']); // prettier-ignore
  assert.deepEqual(parts.map(isFunction), [false, false, true]);
});
