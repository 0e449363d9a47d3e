/**
 * The call that adds a function as a listener: `bus.on('change', onChange)`. In: the text of a script, the name of the
 * function and where it begins. Out: the place of the call, 0-based as in V8, if exactly one call in the script adds a
 * function of that name. A function without a name has that of the variable or property to which it is assigned.
 */
import { nodesIn, tryParse, type AnyNode } from '../../../source/syntax.js';
import type { TextPosition } from './declarations.js';

const adders = /^(on|once|addListener|addEventListener|prependListener|prependOnceListener|subscribe)$/;

export const findListening = (source: string, name: string, at: TextPosition): TextPosition | undefined => {
  const program = tryParse(source);
  if (program === undefined) return undefined;
  const nodes = nodesIn(program);
  const assigned = nodes.flatMap((node) => assignedName(node, name, at) ?? []);
  const names = new Set([name, ...assigned].filter((one) => one !== ''));
  const calls = nodes.filter((node) => addsListener(node, names));
  const start = calls.length === 1 ? calls[0]?.loc?.start : undefined;
  return start && { line: start.line - 1, column: start.column };
};

const addsListener = (node: AnyNode, names: ReadonlySet<string>): boolean =>
  node.type === 'CallExpression' &&
  adders.test(lastName(node.callee) ?? '') &&
  // only subscribe() of a channel takes no event
  node.arguments.slice(lastName(node.callee) === 'subscribe' ? 0 : 1).some((argument) => names.has(lastName(unbound(argument)) ?? '')); // prettier-ignore

/** `onClose` of `this.onClose = function () {…}.bind(this)` and of `this.onClose = this.close.bind(this)`. */
const assignedName = (node: AnyNode, name: string, at: TextPosition): string | undefined => {
  const [to, value] =
    node.type === 'AssignmentExpression'
      ? [node.left, node.right]
      : node.type === 'VariableDeclarator'
        ? [node.id, node.init]
        : [];
  if (to === undefined || value == null) return undefined;
  const isOurs = name === '' ? isAt(unbound(value), at) : lastName(unbound(value)) === name;
  return isOurs ? lastName(to) : undefined;
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
