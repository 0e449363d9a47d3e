/** Declarations in a text that the parser rejects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDeclaration } from '#memwatch/analyzer/growth/code/declarations.js';

const typed = `type Order = { id: number };
const $orders: Order[] = [];
export const handle = (order: Order): void => {
  const seen: string[] = [];
  $orders.push(order satisfies Order);
};
const other = <T,>(seen: T): T => seen;`;

test('in TypeScript the line that declares a variable is found by its text', () => {
  assert.deepEqual(findDeclaration(typed, '$orders', { line: 2, column: 23 }), { line: 1, column: 6 });
  assert.deepEqual(findDeclaration(typed, 'seen', { line: 4, column: 2 }), { line: 3, column: 8 });
  assert.deepEqual(findDeclaration(typed, 'handle', { line: 0, column: 0 }), { line: 2, column: 13 });
  assert.equal(findDeclaration(typed, 'order', { line: 4, column: 2 }), undefined);
});
