import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transformSync } from 'esbuild';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { fileOf, publicAddress } from '#memwatch/source/file-address.js';

const source = [
  'const a: number = 1;',
  '',
  'interface Gone { b: string }',
  '',
  'export function hot(): number {',
  '  return a + 1;',
  '}',
].join('\n');

const scriptsOf = (minify: boolean, sourceMapUrl?: string) => {
  const compiled = transformSync(source, { loader: 'ts', sourcemap: 'external', sourcefile: '../src/hot.ts', minify });
  const script = { id: 7, url: 'file:///srv/app/dist/hot.js', sourceMapUrl, sourceMap: compiled.map };
  return {
    code: compiled.code,
    scripts: { schema: 'memwatch/scripts@1' as const, nodeVersion: 'v20.0.0', scripts: [script] },
  };
};

test('positions of callFrames are 0-based and those of line ticks 1-based; a Location is 1-based', () => {
  const locator = createLocator();
  assert.deepEqual(locator.atPosition(1, 'file:///srv/a%20b.js', 9, 4), { file: '/srv/a b.js', line: 10, column: 5 });
  assert.deepEqual(locator.atLine(1, 'file:///srv/a%20b.js', 10), { file: '/srv/a b.js', line: 10, column: 0 });
});

test('native code and V8s own states have no place', () => {
  assert.equal(createLocator().atPosition(0, '', -1, -1), undefined);
  assert.equal(createLocator().atLine(0, '', 0), undefined);
});

test('line 0, column 0 of a script is a place', () => {
  assert.deepEqual(createLocator().atPosition(0, 'node:fs', 0, 0), { file: 'node:fs', line: 1, column: 1 });
});

test("places are those of the user's source, if the table has a source map", () => {
  const { code, scripts } = scriptsOf(false, 'hot.js.map');
  const lines = code.split('\n');
  const line = lines.findIndex((text) => text.includes('function hot'));
  const locator = createLocator(scripts);
  const found = locator.atPosition(7, 'file:///srv/app/dist/hot.js', line, (lines[line] ?? '').indexOf('('));
  assert.deepEqual([found?.file, found?.line], ['/srv/app/src/hot.ts', 5]);
  const inside = locator.atLine(7, 'file:///srv/app/dist/hot.js', line + 2);
  assert.deepEqual(inside, { file: '/srv/app/src/hot.ts', line: 6, column: 0 });
});

test('an inline map is resolved against the script itself', () => {
  const { scripts } = scriptsOf(false, 'data:application/json;base64,xyz');
  assert.equal(createLocator(scripts).atLine(7, 'file:///srv/app/dist/hot.js', 1)?.file, '/srv/app/src/hot.ts');
});

test('a minified line that stands for many lines names none of them', () => {
  const many = Array.from({ length: 30 }, (_, i) => `export const f${i} = (x: number) => x * ${i};`).join('\n');
  const compiled = transformSync(many, { loader: 'ts', sourcemap: 'external', sourcefile: 'm.ts', minify: true });
  const script = { id: 1, url: '/srv/m.js', sourceMap: compiled.map };
  const locator = createLocator({ schema: 'memwatch/scripts@1', nodeVersion: 'v20.0.0', scripts: [script] });
  assert.equal(locator.atLine(1, '/srv/m.js', 1), undefined);
  const column = compiled.code.indexOf('*17');
  assert.deepEqual(locator.atPosition(1, '/srv/m.js', 0, column)?.line, 18);
});

test('a broken source map leaves the places of the code that ran', () => {
  const script = { id: 1, url: '/srv/m.js', sourceMap: '{"version":3,' };
  const locator = createLocator({ schema: 'memwatch/scripts@1', nodeVersion: 'v20.0.0', scripts: [script] });
  assert.deepEqual(locator.atLine(1, '/srv/m.js', 3), { file: '/srv/m.js', line: 3, column: 0 });
});

test('a file address becomes a path, on Windows too', () => {
  assert.equal(fileOf('file:///C:/app/x.js'), 'C:/app/x.js');
  assert.equal(fileOf('node:fs'), 'node:fs');
  assert.equal(fileOf('file:///srv/config.mjs?t=1#a'), '/srv/config.mjs');
  assert.equal(fileOf('file:///srv/100%.js'), '/srv/100%.js');
  assert.equal(fileOf('data:text/javascript,let token = 1'), 'data:text/javascript,…');
  assert.equal(publicAddress('https://me:pass@host/x.js?token=1#a'), 'https://host/x.js');
  assert.equal(publicAddress('webpack-internal:///x.vue?vue&type=script'), 'webpack-internal:///x.vue?vue&type=script');
});
