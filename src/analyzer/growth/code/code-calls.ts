/**
 * Which functions of a script remove from or add to a collection, by themselves or through functions that they call. In:
 * a syntax tree, and what counts as removing and adding. Out: what functions and parts of the tree do. Functions
 * are matched to calls by name, `this.sweep()`, `sweep()`; the latter only if the name means one thing in the whole script: in
 * a bundle, many functions and parameters share a name.
 */
import { childrenOf, type AnyNode } from '../../../source/syntax.js';
import { groupBy } from '../../model/group-by.js';

export type Code<Type extends AnyNode['type']> = Extract<AnyNode, { type: Type }>;

export interface FunctionCode {
  readonly node: AnyNode;
  readonly name: string | undefined;
}

export interface Calls {
  readonly all: readonly AnyNode[];
  /** Functions that add to the collection by themselves. */
  readonly adders: readonly FunctionCode[];
  /** Functions that remove from it by themselves. */
  readonly takers: readonly FunctionCode[];
  /** Constants of the script by name. */
  readonly constants: ReadonlyMap<string, number>;
  /** Functions that are called by their names in this one. */
  calledBy(code: FunctionCode): FunctionCode[];
  /** Whether this part of the code removes, or calls or names something that does. */
  removes(node: AnyNode): boolean;
  /** The same, if it adds nothing: a timer that drives the program does both. */
  onlyRemoves(node: AnyNode): boolean;
}

/** A function that calls a function that calls a function that removes: no further. */
const mostDepth = 3;

export const createCalls = (
  program: AnyNode,
  isRemoval: (node: AnyNode) => boolean,
  isAddition: (node: AnyNode) => boolean,
): Calls => {
  const { all, functions, adders, takers, constants, parameters } = readCode(program, isRemoval, isAddition);
  const byName = groupBy(functions, ({ name }) => name);
  const usedBy = (node: AnyNode): readonly FunctionCode[] => {
    const name = nameOfUse(node);
    const found = name === undefined ? [] : (byName.get(name) ?? []);
    const isClear = node.type !== 'Identifier' || (found.length === 1 && !parameters.has(node.name));
    return isClear ? found : [];
  };
  const isDoneBy = remembered((code: FunctionCode, isIt: Question, depth: number) => does(code.node, isIt, depth));
  const does = (node: AnyNode, isIt: Question, depth: number): boolean =>
    isIt(node) ||
    (depth > 0 && usedBy(node).some((code) => isDoneBy(code, isIt, depth - 1))) ||
    partsOf(node).some((child) => does(child, isIt, depth));
  return {
    all,
    adders,
    takers,
    constants,
    calledBy: ({ node }) => usesIn(node).flatMap(usedBy),
    removes: (node) => does(node, isRemoval, mostDepth),
    onlyRemoves: (node) => does(node, isRemoval, mostDepth) && !does(node, isAddition, mostDepth),
  };
};

interface Read extends Pick<Calls, 'all' | 'adders' | 'takers' | 'constants'> {
  readonly functions: readonly FunctionCode[];
  /** Names of parameters of any function. */
  readonly parameters: ReadonlySet<string>;
}

const readCode = (program: AnyNode, isRemoval: Question, isAddition: Question): Read => {
  const all: AnyNode[] = [];
  const functions: FunctionCode[] = [];
  const adders = new Set<FunctionCode>();
  const takers = new Set<FunctionCode>();
  const constants = new Map<string, number>();
  const parameters = new Set<string>();
  const visit = (node: AnyNode, parent: AnyNode | undefined, within: FunctionCode | undefined): void => {
    const code = isFunction(node) ? { node, name: nameOfFunction(node, parent) } : within;
    if (code !== undefined && code !== within) functions.push(code);
    if ('params' in node) for (const { name } of node.params.filter(isIdentifier)) parameters.add(name);
    if (code !== undefined && isAddition(node)) adders.add(code);
    if (code !== undefined && isRemoval(node)) takers.add(code);
    if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier' && node.init)
      addConstant(constants, node.id.name, node.init);
    all.push(node);
    for (const child of childrenOf(node)) visit(child, node, code);
  };
  visit(program, undefined, undefined);
  return { all, functions, adders: [...adders], takers: [...takers], constants, parameters };
};

type Question = (node: AnyNode) => boolean;

/** Each function is asked only once. */
const remembered = (
  ask: (code: FunctionCode, isIt: Question, depth: number) => boolean,
): ((code: FunctionCode, isIt: Question, depth: number) => boolean) => {
  const known = new Map<FunctionCode, Map<Question, boolean[]>>();
  return (code, isIt, depth) => {
    const ofCode = known.get(code) ?? new Map<Question, boolean[]>();
    const results = ofCode.get(isIt) ?? [];
    known.set(code, ofCode.set(isIt, results));
    return (results[depth] ??= ask(code, isIt, depth));
  };
};

const isFunction = ({ type }: AnyNode): boolean => /Function/.test(type);

const nameOfFunction = (node: AnyNode, parent: AnyNode | undefined): string | undefined => {
  if (node.type === 'FunctionDeclaration' || (node.type === 'FunctionExpression' && node.id)) return node.id?.name;
  if (parent === undefined) return undefined;
  if (parent.type === 'VariableDeclarator') return simpleName(parent.id);
  if (parent.type === 'AssignmentExpression') return simpleName(parent.left);
  const isMember = /^(MethodDefinition|Property|PropertyDefinition)$/.test(parent.type);
  return isMember && 'key' in parent ? simpleName(parent.key) : undefined;
};

const simpleName = (node: AnyNode): string | undefined => {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'PrivateIdentifier') return `#${node.name}`;
  return node.type === 'MemberExpression' && !node.computed ? simpleName(node.property) : undefined;
};

/** Methods of collections, which a program's own methods may be named after: a call of one is no call of the other. */
const builtIn = new Set(['delete', 'clear', 'shift', 'pop', 'splice', 'set', 'add', 'push', 'unshift', 'get']);

/** `sweep` in `sweep()`, `this.sweep()`, `this.sweep.bind(this)` or, as an argument, `sweep`. */
const nameOfUse = (node: AnyNode): string | undefined => {
  if (node.type === 'Identifier') return builtIn.has(node.name) ? undefined : node.name;
  if (node.type !== 'MemberExpression' || node.computed) return undefined;
  return node.object.type === 'ThisExpression' ? simpleName(node.property) : undefined;
};

const isIdentifier = (node: AnyNode): node is Code<'Identifier'> => node.type === 'Identifier';

/** The children, without names of properties: `clock.reset` is no use of a function `reset`. */
const partsOf = (node: AnyNode): AnyNode[] => {
  const isName = (child: AnyNode): boolean =>
    (node.type === 'MemberExpression' && !node.computed && child === node.property) ||
    (node.type === 'Property' && !node.computed && child === node.key && child !== node.value);
  return childrenOf(node).filter((child) => !isName(child));
};

export const nameOfCallee = (callee: AnyNode): string | undefined => simpleName(callee);

const usesIn = (node: AnyNode): AnyNode[] => [node, ...partsOf(node).flatMap(usesIn)];

const addConstant = (constants: Map<string, number>, name: string, init: AnyNode): void => {
  const value = constantOf(init, constants);
  if (value !== undefined) constants.set(name, value);
};

/** `20_000`, `5 * 60 * 1000`, `MAX` if that is a constant. */
export const constantOf = (node: AnyNode, constants: ReadonlyMap<string, number>): number | undefined => {
  if (node.type === 'Literal') return typeof node.value === 'number' ? node.value : undefined;
  if (node.type === 'Identifier') return constants.get(node.name);
  if (node.type !== 'BinaryExpression') return undefined;
  const [left, right] = [constantOf(node.left, constants), constantOf(node.right, constants)];
  if (left === undefined || right === undefined) return undefined;
  return node.operator === '*' ? left * right : node.operator === '+' ? left + right : undefined;
};
