/**
 * JavaScript's grammar: the one file that knows acorn. In: the text of a script. Out: its syntax tree, and the child nodes
 * of a node.
 */
import { parse, type AnyNode, type Options } from 'acorn';

export type {
  AnyNode,
  ArrowFunctionExpression,
  BlockStatement,
  ClassDeclaration,
  ClassExpression,
  ForInStatement,
  ForOfStatement,
  ForStatement,
  FunctionDeclaration,
  FunctionExpression,
  MethodDefinition,
  Position,
  Property,
  Statement,
} from 'acorn';

export type SourceKind = 'module' | 'script';

const options: Options = {
  ecmaVersion: 'latest',
  allowReturnOutsideFunction: true,
  allowHashBang: true,
  locations: true,
};

/** For code that will be edited, so parentheses are kept. Throws acorn's SyntaxError (with `loc`). */
export const parseSource = (code: string, kind: SourceKind): AnyNode =>
  parse(code, { ...options, sourceType: kind, preserveParens: true });

/** For code that may be a module or a script; undefined if it is neither, or newer than the parser. */
export const tryParse = (code: string): AnyNode | undefined => {
  const lenient = { ...options, allowAwaitOutsideFunction: true, allowImportExportEverywhere: true };
  for (const sourceType of ['module', 'script'] as const) {
    try {
      return parse(code, { ...lenient, sourceType });
    } catch {
      // try it as the other kind
    }
  }
  return undefined;
};

/** The direct children of a node, in the order of the text. */
export const childrenOf = (node: AnyNode): AnyNode[] => {
  const children: AnyNode[] = [];
  for (const value of Object.values(node)) {
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) children.push(item);
  }
  return children.sort((a, b) => a.start - b.start);
};

export const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

/** The node and all nodes in it, in the order of the text. */
export const nodesIn = (node: AnyNode): AnyNode[] => [node, ...childrenOf(node).flatMap(nodesIn)];

export const isFunction = (node: AnyNode): boolean => /Function/.test(node.type);

/** The nodes in a node, without the functions that are written in it. */
export const ownNodesIn = (node: AnyNode): AnyNode[] =>
  childrenOf(node).flatMap((child) => (isFunction(child) ? [] : [child, ...ownNodesIn(child)]));
