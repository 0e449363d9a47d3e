import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScriptsTable } from '#memwatch/analyzer/model/scripts.js';
import { readSource } from '#memwatch/commands/tui/data/source-data.js';

test('a source that is not on this disk is shown as its source map has it', async () => {
  const sourceMap = JSON.stringify({
    version: 3,
    names: [],
    sources: ['../src/cart.ts'],
    sourcesContent: ['export const cart: string[] = [];\ncart.push("a");'],
    mappings: 'AAAA',
  });
  const script = { id: 7, url: 'file:///nowhere/app/dist/cart.js', sourceMapUrl: 'cart.js.map', sourceMap };
  const scripts: ScriptsTable[] = [{ schema: 'memwatch/scripts@1', nodeVersion: 'v24.0.0', scripts: [script] }];
  const read = (file: string) => readSource({ file, costs: [], wholeUs: 0, scripts });
  assert.deepEqual((await read('/nowhere/app/src/cart.ts')).lines, [
    'export const cart: string[] = [];',
    'cart.push("a");',
  ]);
  const other = await read('/nowhere/app/src/other.ts');
  assert.match(other.why ?? '', /cannot be read here/);
});
