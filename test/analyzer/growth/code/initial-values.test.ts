/** What variables are set to where they are declared. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readScopes } from '#memwatch/analyzer/growth/code/initial-values.js';

test('each scope has its own variables, with their first values', () => {
  const source = `
    { const a = new Map(), b = [], c = -1, d = () => {}; let e = {}, f = new Lru(), g = h(), i; class J {} }
    for (const k of []) { let a = 0; }
  `;
  const scopes = readScopes(source).filter(({ size }) => size > 0);
  assert.deepEqual(
    scopes.map((scope) => [...scope.keys()].join('')),
    ['abcdefgiJ', 'k', 'a'],
  );
  assert.deepEqual(Object.fromEntries(scopes[0] ?? []), {
    a: { kind: 'object', className: 'Map', lasts: true },
    b: { kind: 'object', className: 'Array', lasts: true },
    c: { kind: 'number', lasts: true },
    d: { kind: 'function', lasts: true },
    e: { kind: 'object', lasts: false },
    f: { kind: 'object', className: undefined, lasts: false },
    g: { kind: 'unknown', lasts: false },
    i: { kind: 'unknown', lasts: false },
    J: { kind: 'function', lasts: true },
  });
  assert.deepEqual(scopes[2]?.get('a'), { kind: 'number', lasts: false });
});

test('a text that is no JavaScript has no scopes', () => {
  assert.deepEqual(readScopes('const a: number = 1;'), []);
});
