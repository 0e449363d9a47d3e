/**
 * The call that adds a function as a listener: `bus.on('change', onChange)`. In: the text of a script, the name of the
 * function and where it begins. Out: the place of the call, 0-based as in V8, if exactly one call in the script adds a
 * function of that name. A function without a name has that of the variable or property to which it is assigned.
 */
import { childrenOf, tryParse, type AnyNode } from '../../../source/syntax.js';
import type { TextPosition } from './declarations.js';

const adders = /^(on|once|addListener|addEventListener|prependListener|prependOnceListener)$/;

export const findListening = (source: string, name: string, at: TextPosition): TextPosition | undefined => {
  const program = tryParse(source);
  if (program === undefined) return undefined;
  const nodes = nodesIn(program);
  const called = name === '' ? nodes.map((node) => assignedName(node, at)).find((one) => one !== undefined) : name;
  if (called === undefined) return undefined;
  const calls = nodes.filter((node) => addsListener(node, called));
  const start = calls.length === 1 ? calls[0]?.loc?.start : undefined;
  return start && { line: start.line - 1, column: start.column };
};

const addsListener = (node: AnyNode, name: string): boolean =>
  node.type === 'CallExpression' &&
  adders.test(lastName(node.callee) ?? '') &&
  node.arguments.slice(1).some((argument) => lastName(unbound(argument)) === name);

/** `onClose` of `this.onClose = function () {…}.bind(this)`, if the function is the one at this place. */
const assignedName = (node: AnyNode, at: TextPosition): string | undefined => {
  if (node.type === 'AssignmentExpression') return isAt(unbound(node.right), at) ? lastName(node.left) : undefined;
  if (node.type !== 'VariableDeclarator' || node.init == null) return undefined;
  return isAt(unbound(node.init), at) ? lastName(node.id) : undefined;
};

/** V8 places a function at its first parenthesis. */
const isAt = (node: AnyNode, { line, column }: TextPosition): boolean => {
  if (node.type !== 'FunctionExpression' && node.type !== 'ArrowFunctionExpression') return false;
  const [start, body] = [node.loc?.start, node.body.loc?.start];
  if (start?.line !== line + 1 || column < start.column) return false;
  return body !== undefined && (body.line > start.line || column < body.column);
};

/** `this.onClose` of `this.onClose.bind(this)`. */
const unbound = (node: AnyNode): AnyNode =>
  node.type === 'CallExpression' && node.callee.type === 'MemberExpression' && lastName(node.callee) === 'bind'
    ? node.callee.object
    : node;

const lastName = (node: AnyNode): string | undefined => {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'MemberExpression' && !node.computed ? lastName(node.property) : undefined;
};

const nodesIn = (node: AnyNode): AnyNode[] => [node, ...childrenOf(node).flatMap(nodesIn)];
