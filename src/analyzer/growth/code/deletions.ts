/**
 * How the code itself bounds a collection: it deletes once a size is reached (a cap), or by a timer (a time to live). In:
 * the text of a script, and the name of the variable or property that holds the collection. Out: the places that delete,
 * with their limits if those are constants.
 */
import { isFunction, nodesIn, tryParse, type AnyNode } from '../../../source/syntax.js';
import { findCaps, type PropertyPath } from './caps.js';
import { createCalls, constantOf, nameOfCallee, type Calls } from './code-calls.js';
import type { TextPosition } from './declarations.js';
import { contains } from './functions.js';
import { isHolder, isSizeOf, propertyName } from './names.js';

export interface Deletion {
  /** `size`: once a size is reached; `timeout`: some time after each addition; `interval`: by a sweep, again and again. */
  readonly by: 'size' | 'timeout' | 'interval';
  /** Entries, or milliseconds; undefined if it is not a constant. */
  readonly limit: number | undefined;
  /** The property that holds the limit of the number of entries. */
  readonly limitIn?: PropertyPath | undefined;
  /** Properties of the object whose code this is: if one is nothing or infinite, there is no such limit. */
  readonly needs?: readonly PropertyPath[];
  /** Of a timer: whether it may be that which runs the function that begins there; undefined if the text does not show that. */
  readonly isRunAs?: ((begins: TextPosition) => boolean) | undefined;
  /** 0-based, as in V8. */
  readonly line: number;
  readonly column: number;
}

/** Caps come before timers: they bound the collection however fast entries come. */
export const findDeletions = (source: string, name: string): Deletion[] => {
  const program = tryParse(source);
  if (program === undefined) return [];
  const calls = createCalls(
    program,
    (node) => removesFrom(node, name),
    (node) => addsTo(node, name),
  );
  const caps = findCaps(calls, name).map(({ node, ...cap }) => ({ by: 'size' as const, ...cap, ...placeOf(node) }));
  return [...caps, ...findTimers(calls)];
};

const findTimers = (calls: Calls): Deletion[] =>
  calls.all.flatMap((node) => {
    if (node.type !== 'CallExpression') return [];
    const timer = /^set(Timeout|Interval)$/.exec(nameOfCallee(node.callee) ?? '')?.[1];
    const [callback, delay] = node.arguments;
    if (timer === undefined || callback === undefined || !calls.onlyRemoves(callback)) return [];
    const limit = delay === undefined ? undefined : constantOf(delay, calls.constants);
    const isOnce = timer === 'Timeout' && !setsItself(callback, node, calls);
    const isRunAs = isNodes(node.callee) ? runBy(callback, calls) : undefined;
    return [{ by: isOnce ? 'timeout' : 'interval', limit, isRunAs, ...placeOf(node) } as const];
  });

/** `setTimeout`, and not `clock.setTimeout`, which may be anyone's. */
const isNodes = (callee: AnyNode): boolean =>
  callee.type === 'Identifier' ||
  (callee.type === 'MemberExpression' && /^(globalThis|global|timers)$/.test(nameOfCallee(callee.object) ?? ''));

/** What is written in the functions that the timer is given. An asynchronous sweep sets its next timer only when it is done. */
const runBy = (callback: AnyNode, calls: Calls): Deletion['isRunAs'] => {
  const given = isFunction(callback) ? [callback] : calls.calledBy({ node: callback, name: undefined }).map(({ node }) => node); // prettier-ignore
  const isAsync = given.some((node) => 'async' in node && node.async === true);
  return given.length === 0 || isAsync ? undefined : (begins) => given.some((node) => contains(node, begins));
};

/** A sweep that sets the timer for the next one. */
const setsItself = (callback: AnyNode, timer: AnyNode, calls: Calls): boolean =>
  calls.calledBy({ node: callback, name: undefined }).some(({ node }) => nodesIn(node).includes(timer));

const placeOf = ({ loc }: AnyNode): { line: number; column: number } => ({
  line: (loc?.start.line ?? 1) - 1,
  column: loc?.start.column ?? 0,
});

const removers = new Set(['delete', 'clear', 'shift', 'pop', 'splice']);
const adders = new Set(['set', 'add', 'push', 'unshift']);

const isCallOn = (node: AnyNode, name: string, methods: ReadonlySet<string>): boolean =>
  node.type === 'CallExpression' &&
  node.callee.type === 'MemberExpression' &&
  methods.has(propertyName(node.callee) ?? '') &&
  isHolder(node.callee.object, name);

const removesFrom = (node: AnyNode, name: string): boolean => {
  if (node.type === 'UnaryExpression') return node.operator === 'delete' && isEntryOf(node.argument, name);
  if (node.type !== 'AssignmentExpression') return isCallOn(node, name, removers);
  const isNew = /^(NewExpression|ArrayExpression|ObjectExpression)$/.test(node.right.type);
  if (isHolder(node.left, name)) return isNew;
  return isEntryOf(node.left, name) ? isNothing(node.right) : isSizeOf(node.left, name);
};

const addsTo = (node: AnyNode, name: string): boolean =>
  node.type === 'AssignmentExpression'
    ? isEntryOf(node.left, name) && !isNothing(node.right)
    : isCallOn(node, name, adders);

const isEntryOf = (node: AnyNode, name: string): boolean =>
  node.type === 'MemberExpression' && node.computed && isHolder(node.object, name);

const isNothing = (node: AnyNode): boolean =>
  (node.type === 'Identifier' && node.name === 'undefined') ||
  (node.type === 'Literal' && node.value === null) ||
  (node.type === 'UnaryExpression' && node.operator === 'void');
