/**
 * Comparisons of a collection's size with a limit, after which entries are deleted, or nothing is added. One side must be
 * about the collection: its size, or a counter of it; the size of one entry bounds nothing. In: what functions of a script do,
 * and the collection's name. Out: the comparisons, with what their limits depend on.
 */
import { childrenOf, isFunction, nodesIn, type AnyNode } from '../../../source/syntax.js';
import { constantOf, type Calls, type FunctionCode } from './code-calls.js';
import { findCounters, isSizeOf, lastName, pathFromThis, propertyName, type Counters } from './names.js';

/** Names of properties, from `this`. */
export type PropertyPath = readonly string[];

export interface Cap {
  readonly node: AnyNode;
  /** Entries; undefined if it is no constant. */
  readonly limit: number | undefined;
  /** The property that holds the limit, if that limits the number of entries. */
  readonly limitIn: PropertyPath | undefined;
  /** Properties without which there is no limit: it, and what is asked before it is compared. */
  readonly needs: readonly PropertyPath[];
}

export const findCaps = (calls: Calls, name: string): Cap[] => {
  const adding = [...new Set(calls.adders.flatMap((adder) => [adder, ...calls.calledBy(adder)]))];
  const script = { calls, name, counters: findCounters(calls.all, calls.adders, adding) };
  const bounds = testsOf(adding).flatMap((test) => boundOf(test, script) ?? []);
  // who takes from a pool and finds nothing makes another object while there are fewer than its limit
  const pools = testsOf(calls.takers).filter((test) => countsUp(test, calls) && !calls.removes(test.body));
  return [...bounds, ...pools.map((test) => capOf(test, comparisonsIn(test.test)[0], script))];
};

interface Script {
  readonly calls: Calls;
  readonly name: string;
  readonly counters: Counters;
}

interface Tested {
  readonly node: AnyNode;
  readonly test: AnyNode;
  readonly body: AnyNode;
  /** The innermost function that it is in. */
  readonly within: AnyNode;
  /** The tests that were passed before, in that function or around it. */
  readonly passed: readonly AnyNode[];
}

const testsOf = (functions: readonly FunctionCode[]): Tested[] =>
  functions.flatMap(({ node }) => testsIn(node, node, []));

const testsIn = (node: AnyNode, around: AnyNode, passed: readonly AnyNode[]): Tested[] => {
  const within = isFunction(node) ? node : around;
  const own = testOf(node);
  const inside = childrenOf(node).flatMap((child) =>
    testsIn(child, within, own !== undefined && child === own.body ? [...passed, own.test] : passed),
  );
  return own === undefined ? inside : [{ ...own, node, within, passed }, ...inside];
};

const testOf = (node: AnyNode): { test: AnyNode; body: AnyNode } | undefined => {
  if (node.type === 'IfStatement' || node.type === 'ConditionalExpression')
    return { test: node.test, body: node.consequent };
  if (node.type === 'WhileStatement') return { test: node.test, body: node.body };
  // a minifier's `while`; one that counts visits entries
  if (node.type === 'ForStatement' && !node.init && !node.update && node.test)
    return { test: node.test, body: node.body };
  if (node.type === 'LogicalExpression' && node.operator === '&&') return { test: node.left, body: node.right };
  return undefined;
};

/** `if (this.size < this.max) this.size++` */
const countsUp = ({ test, body }: Tested, { constants }: Calls): boolean => {
  const sides = comparisonsIn(test).flat();
  const counts = sides.filter(isNamedLikeSize).map(lastName);
  const isLimited = sides.every((side) => isNamedLikeSize(side) || constantOf(side, constants) !== undefined);
  const isCounted = (node: AnyNode): boolean =>
    (node.type === 'UpdateExpression' && node.operator === '++' && counts.includes(lastName(node.argument))) ||
    (node.type === 'AssignmentExpression' && node.operator === '+=' && counts.includes(lastName(node.left)));
  return isLimited && nodesIn(body).some(isCounted);
};

const boundOf = (tested: Tested, script: Script): Cap | undefined => {
  const { calls, name } = script;
  const comparison = comparisonsIn(tested.test).find((one) => isAboutIt(one, tested, script));
  if (comparison === undefined) return undefined;
  const ofIt = comparison.some((side) => isSizeOf(side, name));
  if (!ofIt && countsUp(tested, calls)) return undefined; // it limits how many jobs run at once, not how many wait
  const cap = capOf(tested, comparison, script);
  if ((cap.limit ?? Infinity) <= 1) return undefined; // a count of users, or a check for none
  const stops = (): boolean =>
    (ofIt || comparison.some(script.counters.countsAdditions)) &&
    nodesIn(tested.body).some(({ type }) => type === 'ReturnStatement' || type === 'ThrowStatement');
  return calls.removes(tested.body) || stops() ? cap : undefined;
};

const isAboutIt = (sides: Sides, { within }: Tested, script: Script): boolean => {
  const { calls, name, counters } = script;
  if (sides.some((side) => isSizeOf(side, name))) return true;
  if (sides.some(isNamedLikeSize)) return sides.some((side) => isItsSize(side, sides, within, script));
  // a minifier leaves no names
  const isFixed = (side: AnyNode): boolean =>
    pathFromThis(firstOf(valueOf(side, within))) !== undefined || constantIn(side, within, calls) !== undefined;
  return sides.every(isFixed) && sides.some(counters.sumsAdditions);
};

/** Whether it has the size of the collection in it, or a counter. */
const isItsSize = (node: AnyNode, sides: Sides, within: AnyNode, script: Script): boolean => {
  const { name, counters } = script;
  const isIt = (one: AnyNode): boolean => isItsSize(one, sides, within, script);
  if (node.type === 'CallExpression') return node.arguments.length === 0 || nodesIn(node).some((one) => lastName(one) === name); // prettier-ignore
  if (isSizeOf(node, name)) return true;
  if (node.type === 'Identifier') {
    const value = valueOf(node, within);
    if (value !== node) return isIt(value);
    return isTakenFromIt(node.name, within, name) || (counters.isChanged(node) && !isParameter(node.name, within));
  }
  if (node.type !== 'MemberExpression') return childrenOf(node).some(isIt);
  return counters.isChanged(node) || isOwnSize(node, sides, within);
};

/** `this.size`, `cache.size`, and `list.size` in `list.size > list.max`, but not `entry.size`. */
const isOwnSize = (node: AnyNode, sides: Sides, within: AnyNode): boolean => {
  if (node.type !== 'MemberExpression' || !/^#?_?(size|length|count)$/.test(propertyName(node) ?? '')) return false;
  const root = rootOf(node);
  if (root.type !== 'Identifier') return root.type === 'ThisExpression';
  const isSame = (side: AnyNode): boolean => side !== node && lastName(rootOf(side)) === root.name;
  return sides.some(isSame) || (valueOf(root, within) === root && !isParameter(root.name, within));
};

/** `const { size } = cache` */
const isTakenFromIt = (variable: string, within: AnyNode, name: string): boolean =>
  /^(size|length|count)$/.test(variable) &&
  nodesIn(within).some(
    (one) =>
      one.type === 'VariableDeclarator' &&
      one.id.type === 'ObjectPattern' &&
      nodesIn(one.id).some((inner) => lastName(inner) === variable) &&
      one.init != null &&
      (one.init.type === 'ThisExpression' || nodesIn(one.init).some((inner) => lastName(inner) === name)),
  );

const rootOf = (node: AnyNode): AnyNode => (node.type === 'MemberExpression' ? rootOf(node.object) : node);

const isParameter = (name: string, within: AnyNode): boolean =>
  'params' in within && within.params.some((one) => nodesIn(one).some((inner) => lastName(inner) === name));

/** What a variable of the function was set to last before, or the node itself. */
const valueOf = (node: AnyNode, within: AnyNode): AnyNode => {
  if (node.type !== 'Identifier') return node;
  const set = nodesIn(within).findLast(
    (one) => one.type === 'VariableDeclarator' && one.start < node.start && one.init && lastName(one.id) === node.name,
  );
  return set?.type === 'VariableDeclarator' && set.init && !nodesIn(set.init).includes(node) ? set.init : node;
};

const capOf = (tested: Tested, sides: Sides | undefined, { calls, name, counters }: Script): Cap => {
  const { node, test, within, passed } = tested;
  const isSize = (side: AnyNode): boolean => isSizeOf(side, name);
  const constants = comparisonsIn(test)
    .flat()
    .map((side) => (isSize(side) ? undefined : constantIn(side, within, calls)));
  const isLimit = (side: AnyNode): boolean => !isSize(side) && !counters.isChanged(side) && !isCount(side);
  const limit = sides?.find(isLimit);
  const value = limit && valueOf(limit, within);
  const counted = sides?.some((side) => side !== limit && (isSize(side) || counters.countsAdditions(side)));
  const first = value && pathFromThis(firstOf(value));
  const asked = [...passed, test].flatMap(askedIn).filter((one) => !counters.isChanged(one));
  const isOfLimit = (path: PropertyPath): boolean =>
    /max|limit|cap|size/i.test(path.at(-1) ?? '') || path.join() === first?.join();
  const guards = asked.map(pathFromThis).filter((path) => path !== undefined && isOfLimit(path));
  return {
    node,
    limit: constants.find((constant) => constant !== undefined),
    limitIn: counted === true && value !== undefined ? pathFromThis(value) : undefined,
    needs: [first, ...guards].filter((path) => path !== undefined),
  };
};

/** A name's own value comes before a constant of the same name elsewhere. */
const constantIn = (side: AnyNode, within: AnyNode, { constants }: Calls): number | undefined =>
  side.type === 'Identifier' && isParameter(side.name, within)
    ? undefined
    : constantOf(valueOf(side, within), constants);

/** `this.max` of `this.max - size`. */
const firstOf = (node: AnyNode): AnyNode =>
  node.type === 'BinaryExpression' && node.left.type !== 'PrivateIdentifier' ? firstOf(node.left) : node;

/** `this.max` of `this.max && …`. */
const askedIn = (test: AnyNode): AnyNode[] =>
  test.type === 'LogicalExpression' && test.operator === '&&' ? [test.left, test.right].flatMap(askedIn) : [test];

const isCount = (node: AnyNode): boolean => /^#?_?(size|length|count)$/.test(lastName(node) ?? '');

type Sides = readonly [AnyNode, AnyNode];

const comparisonsIn = (test: AnyNode): Sides[] =>
  nodesIn(test).flatMap((node) =>
    node.type === 'BinaryExpression' && /^([<>]=?|={2,3})$/.test(node.operator) ? [[node.left, node.right]] : [],
  );

const isNamedLikeSize = (node: AnyNode): boolean => /size|count|max|limit|capacity/i.test(lastName(node) ?? '');
