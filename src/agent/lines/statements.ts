/**
 * What is known about statements without running them: what is inserted before each, and which declarations cannot be
 * inside a `try`. In: nodes of a function's tree. Out: those facts.
 */
import { childrenOf, type AnyNode, type Position } from '../../source/syntax.js';
import { isFunction, type FunctionNode } from './functions.js';

/** What is inserted before a statement: a counted line, an uncounted one (its turns are counted), or nothing. */
export const probeOf = (node: AnyNode): 'line' | 'uncounted' | 'none' => {
  if (!runs(node)) return 'none';
  if (node.type === 'LabeledStatement') return probeOf(node.body);
  if (node.type === 'ForStatement' && node.update == null && node.test != null) return 'uncounted';
  const none = ['BlockStatement', 'TryStatement', 'WhileStatement', 'DoWhileStatement'];
  return none.includes(node.type) ? 'none' : 'line';
};

/** Declarations without a value, and empty statements, do nothing when reached. */
export const runs = (node: AnyNode): boolean => {
  if (node.type === 'VariableDeclaration') return node.declarations.some(({ init }) => init != null);
  return node.type !== 'FunctionDeclaration' && node.type !== 'EmptyStatement';
};

/**
 * Inside the inserted `try`, a function declaration becomes local to the block: if its name is declared a second time (by
 * `var` or by another declaration), that is a syntax error. Such declarations must stay before the `try`, where they belong
 * to the function as before.
 */
export const clashing = (node: FunctionNode, body: readonly AnyNode[]): AnyNode[] => {
  const declared = body.filter((statement) => statement.type === 'FunctionDeclaration');
  if (declared.length === 0) return [];
  const names = declared.map((statement) => statement.id?.name ?? '');
  const variables = new Set(variablesOf(node.body));
  return declared.filter((_, index) => {
    const name = names[index] ?? '';
    return variables.has(name) || names.indexOf(name) !== names.lastIndexOf(name);
  });
};

/** The position of the last character, which in a source map still belongs to the node. */
export const lastPosition = ({ loc }: AnyNode): Position | undefined =>
  loc == null ? undefined : { line: loc.end.line, column: Math.max(0, loc.end.column - 1) };

const variablesOf = (node: AnyNode): string[] => {
  if (isFunction(node)) return [];
  const own =
    node.type === 'VariableDeclaration' && node.kind === 'var'
      ? node.declarations.flatMap(({ id }) => boundBy(id))
      : [];
  return [...own, ...childrenOf(node).flatMap(variablesOf)];
};

const boundBy = (pattern: AnyNode): string[] =>
  pattern.type === 'Identifier' ? [pattern.name] : childrenOf(pattern).flatMap(boundBy);
