/**
 * How the code itself bounds a collection: it deletes once a size is reached (a cap), or by a timer (a time to live). In:
 * the text of a script, and the name of the variable or property that holds the collection. Out: the place that deletes,
 * with its limit if that is a constant.
 */
import { childrenOf, nodesIn, tryParse, type AnyNode } from '../../../source/syntax.js';
import { createCalls, constantOf, nameOfCallee, type Calls, type Code, type FunctionCode } from './code-calls.js';

export interface Deletion {
  /** `size`: once a size is reached; `timeout`: some time after each addition; `interval`: by a sweep, again and again. */
  readonly by: 'size' | 'timeout' | 'interval';
  /** Entries, or milliseconds; undefined if it is not a constant. */
  readonly limit: number | undefined;
  /** 0-based, as in V8. */
  readonly line: number;
  readonly column: number;
}

/** A cap comes before a timer: it bounds the collection however fast entries come. */
export const findDeletion = (source: string, name: string): Deletion | undefined => {
  const program = tryParse(source);
  if (program === undefined) return undefined;
  const calls = createCalls(
    program,
    (node) => removesFrom(node, name),
    (node) => addsTo(node, name),
  );
  return findCap(calls, name) ?? findTimer(calls);
};

const findCap = (calls: Calls, name: string): Deletion | undefined => {
  const adding = calls.adders.flatMap((adder) => [adder, ...calls.calledBy(adder)]);
  // who takes from a pool and finds nothing makes another object while there are fewer than its limit
  const makesMore = (compared: Compared): boolean => countsUp(compared, calls) && !calls.removes(compared.body);
  const found = findTest(adding, (compared) => isBound(compared, calls, name)) ?? findTest(calls.takers, makesMore);
  return found && { by: 'size', limit: limitOf(found.compared.test, name, calls), ...placeOf(found.node) };
};

const findTest = (functions: readonly FunctionCode[], isWanted: (compared: Compared) => boolean) => {
  for (const { node: code } of functions)
    for (const node of nodesIn(code)) {
      const compared = testOf(node);
      if (compared !== undefined && isWanted(compared)) return { node, compared };
    }
  return undefined;
};

/** `if (this.size < this.max) this.size++` */
const countsUp = ({ test, body }: Compared, { constants }: Calls): boolean => {
  const sides = sidesOf(test);
  const counts = sides.filter(isNamedLikeSize).map(lastName);
  const isLimited = sides.every((side) => isNamedLikeSize(side) || constantOf(side, constants) !== undefined);
  const isCounted = (node: AnyNode): boolean =>
    (node.type === 'UpdateExpression' && node.operator === '++' && counts.includes(lastName(node.argument))) ||
    (node.type === 'AssignmentExpression' && node.operator === '+=' && counts.includes(lastName(node.left)));
  return isLimited && nodesIn(body).some(isCounted);
};

const findTimer = (calls: Calls): Deletion | undefined => {
  for (const node of calls.all) {
    if (node.type !== 'CallExpression') continue;
    const timer = /^set(Timeout|Interval)$/.exec(nameOfCallee(node.callee) ?? '')?.[1];
    const [callback, delay] = node.arguments;
    if (timer === undefined || callback === undefined || !calls.onlyRemoves(callback)) continue;
    const limit = delay === undefined ? undefined : constantOf(delay, calls.constants);
    const isOnce = timer === 'Timeout' && !setsItself(callback, node, calls);
    return { by: isOnce ? 'timeout' : 'interval', limit, ...placeOf(node) };
  }
  return undefined;
};

/** A sweep that sets the timer for the next one. */
const setsItself = (callback: AnyNode, timer: AnyNode, calls: Calls): boolean =>
  calls.calledBy({ node: callback, name: undefined }).some(({ node }) => nodesIn(node).includes(timer));

const placeOf = ({ loc }: AnyNode): { line: number; column: number } => ({
  line: (loc?.start.line ?? 1) - 1,
  column: loc?.start.column ?? 0,
});

interface Compared {
  readonly test: AnyNode;
  readonly body: AnyNode;
}

const testOf = (node: AnyNode): Compared | undefined => {
  if (node.type === 'IfStatement' || node.type === 'ConditionalExpression')
    return { test: node.test, body: node.consequent };
  if (node.type === 'WhileStatement') return { test: node.test, body: node.body };
  if (node.type === 'LogicalExpression' && node.operator === '&&') return { test: node.left, body: node.right };
  return undefined;
};

/** A comparison of the size after which entries are deleted, or nothing is added. */
const isBound = (compared: Compared, calls: Calls, name: string): boolean => {
  const { test, body } = compared;
  const sides = sidesOf(test);
  const ofIt = sides.some((side) => isSizeOf(side, name));
  if (!ofIt && !sides.some(isNamedLikeSize)) return false;
  if (!ofIt && countsUp(compared, calls)) return false; // it limits how many jobs run at once, not how many wait
  if ((limitOf(test, name, calls) ?? Infinity) <= 1) return false; // a count of users, or a check for none
  if (calls.removes(body)) return true;
  return ofIt && nodesIn(body).some(({ type }) => type === 'ReturnStatement' || type === 'ThrowStatement');
};

const sidesOf = (test: AnyNode): AnyNode[] => nodesIn(test).filter(isComparison).flatMap(childrenOf);

const isComparison = (node: AnyNode): boolean =>
  node.type === 'BinaryExpression' && ['>', '>=', '<', '<=', '===', '=='].includes(node.operator);

/** `cache.size`, `list.length`, `Object.keys(names).length`. */
const isSizeOf = (node: AnyNode, name: string): boolean =>
  node.type === 'MemberExpression' &&
  /^(size|length)$/.test(propertyName(node) ?? '') &&
  nodesIn(node.object).some((inner) => isHolder(inner, name));

const isNamedLikeSize = (node: AnyNode): boolean => /size|count|max|limit|capacity/i.test(lastName(node) ?? '');

const limitOf = (test: AnyNode, name: string, { constants }: Calls): number | undefined => {
  const limits = sidesOf(test).map((side) => (isSizeOf(side, name) ? undefined : constantOf(side, constants)));
  return limits.find((value) => value !== undefined);
};

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

/** The variable itself, or the property of that name of whatever object. */
const isHolder = (node: AnyNode, name: string): boolean => lastName(node) === name;

const lastName = (node: AnyNode): string | undefined =>
  node.type === 'Identifier' ? node.name : node.type === 'MemberExpression' ? propertyName(node) : undefined;

const propertyName = (node: Code<'MemberExpression'>): string | undefined => {
  if (node.property.type === 'PrivateIdentifier') return `#${node.property.name}`;
  return node.property.type === 'Identifier' && !node.computed ? node.property.name : undefined;
};
