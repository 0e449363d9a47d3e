/** Which functions of a script remove from a collection or add to it, also through others that they call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constantOf, createCalls, nameOfCallee, type Calls } from '#memwatch/analyzer/growth/code/code-calls.js';
import { tryParse, type AnyNode } from '#memwatch/source/syntax.js';

/** `cut(…)` removes, `put(…)` adds. */
const isCallOf =
  (name: string) =>
  (node: AnyNode): boolean =>
    node.type === 'CallExpression' && nameOfCallee(node.callee) === name;

const callsOf = (source: string): Calls => {
  const program = tryParse(source);
  assert.ok(program !== undefined);
  return createCalls(program, isCallOf('cut'), isCallOf('put'));
};

/** What the first argument of `timer(…)` does. */
const callbackDoes = (source: string): { removes: boolean; onlyRemoves: boolean } => {
  const calls = callsOf(source);
  const timer = calls.all.find(isCallOf('timer'));
  const callback = timer?.type === 'CallExpression' ? timer.arguments[0] : undefined;
  assert.ok(callback !== undefined);
  return { removes: calls.removes(callback), onlyRemoves: calls.onlyRemoves(callback) };
};
const removes = (source: string): boolean => callbackDoes(source).removes;

test('a function removes by itself, through others, and at most three calls away', () => {
  assert.equal(removes('timer(() => cut())'), true);
  assert.equal(removes('const a = () => cut(); timer(() => a())'), true);
  assert.equal(removes('const c = () => cut(); const b = () => c(); const a = () => b(); timer(() => a())'), true);
  const chain =
    'const d = () => cut(); const c = () => d(); const b = () => c(); const a = () => b(); timer(() => a())';
  assert.equal(removes(chain), false);
  assert.equal(removes('timer(() => other())'), false);
});

test('a function may be handed over by name, bound, or as a method', () => {
  assert.equal(removes('function sweep() { cut(); } timer(sweep)'), true);
  assert.equal(removes('class A { sweep() { cut(); } begin() { timer(() => this.sweep()); } }'), true);
  assert.equal(removes('class A { sweep() { cut(); } begin() { timer(this.sweep.bind(this)); } }'), true);
});

test('functions that call one another do not keep the search busy for ever', () => {
  assert.equal(removes('const a = () => b(); const b = () => a(); timer(() => a())'), false);
});

test('a name that several functions or a parameter have means nothing: bundles are full of them', () => {
  assert.equal(removes('{ const t = () => cut(); } { const t = () => 1; } timer(t)'), false);
  assert.equal(removes('const t = () => cut(); const f = (t) => t; timer(t)'), false);
});

test('the name of a property is no use of a function of that name', () => {
  assert.equal(removes('function reset() { cut(); } timer(() => clock.reset)'), false);
  assert.equal(removes('function reset() { cut(); } timer(() => ({ reset: 1 }))'), false);
});

test('a timer that drives the program adds too, so it is none that only removes', () => {
  assert.deepEqual(callbackDoes('timer(() => { put(); cut(); })'), { removes: true, onlyRemoves: false });
  assert.deepEqual(callbackDoes('timer(() => cut())'), { removes: true, onlyRemoves: true });
});

test('adders are the innermost functions that add, and what they call is known by name', () => {
  const calls = callsOf('function trim() { cut(); } function outer() { const add = () => { put(); trim(); }; add(); }');
  assert.deepEqual(calls.adders.map(({ name }) => name), ['add']); // prettier-ignore
  const [adder] = calls.adders;
  assert.ok(adder !== undefined);
  assert.deepEqual(calls.calledBy(adder).map(({ name }) => name), ['trim']); // prettier-ignore
});

test('constants are numbers, sums and products of them, and names of such', () => {
  const { constants, all } = callsOf(
    'const MAX = 5 * 60 * 1000; const more = MAX + 1; let text = "7"; timer(MAX, other)',
  );
  assert.deepEqual([...constants], [['MAX', 300_000], ['more', 300_001]]); // prettier-ignore
  const timer = all.find(isCallOf('timer'));
  assert.ok(timer?.type === 'CallExpression');
  assert.deepEqual(timer.arguments.map((one) => constantOf(one, constants)), [300_000, undefined]); // prettier-ignore
});
