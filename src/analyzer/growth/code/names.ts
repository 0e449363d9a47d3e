/** How code names a collection, its size and its entries. In: nodes of a syntax tree, and a name. Out: what they stand for. */
import { nodesIn, type AnyNode } from '../../../source/syntax.js';
import type { Code as Node } from './code-calls.js';

/** The variable itself, or the property of that name of whatever object. */
export const isHolder = (node: AnyNode, name: string): boolean => lastName(node) === name;

/** `cache.size`, `list.length`, `Object.keys(names).length`. */
export const isSizeOf = (node: AnyNode, name: string): boolean =>
  node.type === 'MemberExpression' &&
  /^(size|length)$/.test(propertyName(node) ?? '') &&
  nodesIn(node.object).some((inner) => isHolder(inner, name));

export const lastName = (node: AnyNode): string | undefined =>
  node.type === 'Identifier' ? node.name : node.type === 'MemberExpression' ? propertyName(node) : undefined;

export const propertyName = (node: Node<'MemberExpression'>): string | undefined => {
  if (node.property.type === 'PrivateIdentifier') return `#${node.property.name}`;
  return node.property.type === 'Identifier' && !node.computed ? node.property.name : undefined;
};

/** `['options', 'max']` of `this.options.max`; undefined for anything else. */
export const pathFromThis = (node: AnyNode): string[] | undefined => {
  if (node.type !== 'MemberExpression') return undefined;
  const name = propertyName(node);
  const before = node.object.type === 'ThisExpression' ? [] : pathFromThis(node.object);
  return name === undefined || before === undefined ? undefined : [...before, name];
};

/** What a name stands for in the code of a script. */
export interface Counters {
  /** Whether it is a counter that is changed anywhere in the script. */
  isChanged(node: AnyNode): boolean;
  /** Whether it is a property that goes up by one where entries are added. */
  countsAdditions(node: AnyNode): boolean;
  /** The same, by any number, there or in a function that is called there. */
  sumsAdditions(node: AnyNode): boolean;
}

interface Code {
  readonly node: AnyNode;
}

/** `adders` add entries; `adding` are they and what they call. */
export const findCounters = (all: readonly AnyNode[], adders: readonly Code[], adding: readonly Code[]): Counters => {
  const changed = keysOf(all);
  const counted = keysOf(adders.flatMap(({ node }) => nodesIn(node)).filter(isIncrement));
  const summed = keysOf(adding.flatMap(({ node }) => nodesIn(node)).filter((node) => isIncrement(node) || isSum(node)));
  const isProperty = (node: AnyNode, keys: ReadonlySet<string>): boolean => {
    const named = node.type === 'UpdateExpression' ? node.argument : node;
    return named.type === 'MemberExpression' && keys.has(keyOf(named) ?? '');
  };
  return {
    isChanged: (node) => changed.has(keyOf(node) ?? ''),
    countsAdditions: (node) => isProperty(node, counted),
    sumsAdditions: (node) => isProperty(node, summed),
  };
};

const keysOf = (nodes: readonly AnyNode[]): Set<string> =>
  new Set(nodes.flatMap((node) => keyOf(changedIn(node)) ?? []));

const isSum = (node: AnyNode): boolean => node.type === 'AssignmentExpression' && node.operator === '+=';

const isIncrement = (node: AnyNode): boolean => node.type === 'UpdateExpression' && node.operator === '++';

/** `n++`, `n -= size`, `n = n + 1`. */
const changedIn = (node: AnyNode): AnyNode | undefined => {
  if (node.type === 'UpdateExpression') return node.argument;
  if (node.type !== 'AssignmentExpression') return undefined;
  const usesItself = (): boolean => nodesIn(node.right).some((inner) => keyOf(inner) === keyOf(node.left));
  return /^[+-]=$/.test(node.operator) || usesItself() ? node.left : undefined;
};

/** A variable and a property of the same name differ. */
const keyOf = (node: AnyNode | undefined): string | undefined => {
  const name = node && lastName(node);
  return name === undefined ? undefined : node?.type === 'MemberExpression' ? `.${name}` : name;
};
