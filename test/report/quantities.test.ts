/** Quantities as users write them, names that they mistyped, and what a report hides of a program's users. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from '#memwatch/commands/nearest.js';
import { hideTokens, hideValues } from '#memwatch/report/hide-values.js';
import { parseBytes, parseDuration } from '#memwatch/report/quantities.js';

test('durations have units; a bare number is seconds', () => {
  const cases: Readonly<Record<string, number>> = { '500ms': 500, '10s': 10_000, '2m': 120_000, '1.5h': 5_400_000, '3': 3000, ' 7 MIN ': 420_000, '250us': 0.25 }; // prettier-ignore
  for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text), ms, text);
  for (const wrong of ['', '0s', '-1s', '5 parsecs', 's', '1e3', '10 s 5'])
    assert.throws(() => parseDuration(wrong), { code: 'bad-argument', message: `not a duration: ${wrong}` });
});

test('sizes are powers of 1,024, with or without B and iB', () => {
  const cases: Readonly<Record<string, number>> = { '512': 512, '1k': 1024, '1KB': 1024, '1KiB': 1024, '1.5m': 1_572_864, '2 GB': 2 ** 31, '100b': 100 }; // prettier-ignore
  for (const [text, bytes] of Object.entries(cases)) assert.equal(parseBytes(text), bytes, text);
  for (const wrong of ['', '0', '-1k', '1t', 'k', '1kk'])
    assert.throws(() => parseBytes(wrong), { code: 'bad-argument', message: `not a size: ${wrong}` });
});

test('a mistyped word means the nearest name, if it is near enough', () => {
  const names = ['leaks', 'heap', 'snapshot', 'census'];
  assert.equal(nearestName('leak', names), 'leaks');
  assert.equal(nearestName('haep', names), 'heap', 'two letters swapped are one slip');
  assert.equal(nearestName('snapshto', names), 'snapshot');
  assert.equal(nearestName('profile', names), undefined);
  assert.equal(nearestName('heap', names), 'heap');
  assert.equal(nearestName('x', []), undefined);
});

test('texts and keys of a heap are hidden, names of the source stay', () => {
  const step = (kind: string, edge: string, name: string, type = 'object') => ({ edge, label: edge, kind, name, type, id: 1 }); // prettier-ignore
  const hidden = hideValues({
    schema: 'memwatch/heap@1',
    title: 'entry "alice@example.org" of Map sessions',
    path: [step('property', 'sessions', 'Map'), step('property', 'alice@example.org', 'User'), step('property', 'name', 'alice', 'string')], // prettier-ignore
  });
  assert.deepEqual(hidden, {
    schema: 'memwatch/heap@1',
    title: 'entry "…" of Map sessions',
    path: [step('property', 'sessions', 'Map'), step('property', '…', 'User'), step('property', 'name', '(string)', 'string')], // prettier-ignore
  });
});

test('an address keeps its file and loses what may be secret', () => {
  const fileOf = (file: string): string => hideValues({ file }).file;
  assert.equal(fileOf('/srv/app/session.ts'), '/srv/app/session.ts');
  assert.equal(fileOf('https://user:secret@cdn.example/app.js?token=abc#x'), 'https://…@cdn.example/app.js?…');
  assert.equal(fileOf('data:text/javascript,export const key = 1'), 'data:text/javascript,…');
});

test('keys and tokens are hidden in lines of source, long names are not', () => {
  assert.equal(hideTokens("const token = 'eyJhbGciOiJIUzI1NiIsInR5cCI6';"), "const token = '…';");
  assert.equal(hideTokens('sk_live_4eC39HqLyjWDarjtT1zdp7dc'), '…');
  assert.equal(hideTokens('createTemporaryFolderForSnapshots()'), 'createTemporaryFolderForSnapshots()');
});

test('numbers and versions stay, and the document itself is not changed', () => {
  const document = { reasons: ["it grew: 'a text of more than twelve letters'"], nodeVersion: 'v22.1.0', count: 3 };
  const hidden = hideValues(document);
  assert.deepEqual(hidden, { reasons: ["it grew: '…'"], nodeVersion: 'v22.1.0', count: 3 });
  assert.equal(document.reasons[0]?.includes('twelve'), true);
});
