import assert from 'node:assert/strict';
import { test } from 'node:test';
import { treePage, type Level } from '#memwatch/commands/tui/data/tree-list.js';

/** A tree of numbers: n has the children 10n+1 … 10n+3, down to 999. */
const numberLevel = (numbers: readonly number[]): Level => ({
  items: Uint32Array.from(numbers),
  nodeOf: (item) => item,
  textOf: () => undefined,
  below: (item) => numberLevel([1, 2, 3].map((digit) => item * 10 + digit)),
  hasBelow: (item) => item < 100,
});

const shown = async (expanded: string[], from: number, count: number, descending = false): Promise<string[]> => {
  const page = await treePage({
    top: numberLevel([1, 2, 3, 4]),
    order: { sort: 'name', descending, filter: '', expanded },
    window: { from, count },
    ordered: async (level) => level.items,
    row: (node, { key, depth, open, branches }) => ({
      kind: 'object',
      key,
      node,
      id: node,
      edge: undefined,
      name: `${'.'.repeat(depth)}${node}${open ? '-' : branches ? '+' : ''}`,
      type: 'object',
      selfBytes: 0,
      retainedBytes: 0,
      depth,
      branches,
      open,
      place: undefined,
    }),
  });
  assert.equal(page.total, 4);
  return [...page.rows.map((row) => (row.kind === 'object' ? row.name : '')), String(page.matched)];
};

test('rows that are open show their children below them, at any depth', async () => {
  assert.deepEqual(await shown([], 0, 10), ['1+', '2+', '3+', '4+', '4']);
  assert.deepEqual(await shown(['2', '2/21', '4'], 0, 20), [
    '1+',
    '2-',
    '.21-',
    '..211',
    '..212',
    '..213',
    '.22+',
    '.23+',
    '3+',
    '4-',
    '.41+',
    '.42+',
    '.43+',
    '13',
  ]);
});

test('every window of the list is the same rows as the whole list has there', async () => {
  const open = ['1', '1/13', '2', '2/21', '2/22', '4', '4/43'];
  const all = (await shown(open, 0, 100)).slice(0, -1);
  for (let from = 0; from <= all.length; from++) {
    for (const count of [1, 2, 5]) {
      assert.deepEqual(
        (await shown(open, from, count)).slice(0, -1),
        all.slice(from, from + count),
        `${from} ${count}`,
      );
    }
  }
});

test('the other way round, children still stand below their parent', async () => {
  assert.deepEqual(await shown(['3'], 0, 10, true), ['4+', '3-', '.33+', '.32+', '.31+', '2+', '1+', '7']);
});

test('a row that is open but not in the list is left out', async () => {
  assert.deepEqual(await shown(['9', '9/91', '3/39'], 0, 10), ['1+', '2+', '3+', '4+', '4']);
});
