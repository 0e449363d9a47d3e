/**
 * JavaScript's grammar: the one file that knows acorn. In: the text of a script. Out: its syntax tree, and the child nodes
 * of a node.
 */
import { parse, type AnyNode, type Identifier, type Options } from 'acorn';

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

/** 0-based, as in V8. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export const startOf = ({ loc }: AnyNode): TextPosition => ({
  line: (loc?.start.line ?? 1) - 1,
  column: loc?.start.column ?? 0,
});

export const opensScope = (type: string): boolean =>
  /Function|^BlockStatement$|^For|^SwitchStatement$|^Class|^StaticBlock$|^CatchClause$/.test(type);

/** The identifiers that a pattern binds: `{ a, b: [c] = [] }` binds `a` and `c`. */
export const boundIn = (pattern: unknown): Identifier[] => {
  if (!isNode(pattern)) return [];
  if (pattern.type === 'Identifier') return [pattern];
  if (!/Pattern$|^Property$|^RestElement$/.test(pattern.type)) return [];
  const { left, value, argument } = pattern as AnyNode & { left?: unknown; value?: unknown; argument?: unknown };
  const inner = left ?? value ?? argument;
  return inner === undefined ? childrenOf(pattern).flatMap(boundIn) : boundIn(inner);
};

/** The identifiers that a syntax node declares in the scope that it stands in: variables, functions, classes, imports. */
export const declaredBy = (node: AnyNode): Identifier[] => {
  const { type, id, local } = node as AnyNode & { id?: unknown; local?: unknown };
  if (/^VariableDeclarator$|^FunctionDeclaration$|^ClassDeclaration$/.test(type)) return boundIn(id);
  return /^Import.*Specifier$/.test(type) ? boundIn(local) : [];
};

/** The identifiers that a function or `catch` declares in its own scope. */
export const parametersOf = (node: AnyNode): Identifier[] => {
  const { type, params, param } = node as AnyNode & { params?: unknown[]; param?: unknown };
  if (type === 'CatchClause') return boundIn(param);
  return type.includes('Function') ? (params ?? []).flatMap(boundIn) : [];
};
