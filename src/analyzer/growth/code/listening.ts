/**
 * The call that adds a function as a listener: `bus.on('change', onChange)`. In: the text of a script, the name of the
 * function. Out: the place of the call, 0-based as in V8, if exactly one call in the script adds a function of that name.
 */
import { childrenOf, tryParse, type AnyNode } from '../../../source/syntax.js';
import type { TextPosition } from './declarations.js';

const adders = /^(on|once|addListener|addEventListener|prependListener|prependOnceListener)$/;

export const findListening = (source: string, name: string): TextPosition | undefined => {
  const program = tryParse(source);
  if (program === undefined || name === '') return undefined;
  const calls = nodesIn(program).filter((node) => addsListener(node, name));
  const start = calls.length === 1 ? calls[0]?.loc?.start : undefined;
  return start && { line: start.line - 1, column: start.column };
};

const addsListener = (node: AnyNode, name: string): boolean =>
  node.type === 'CallExpression' &&
  adders.test(lastName(node.callee) ?? '') &&
  node.arguments.slice(1).some((argument) => lastName(unbound(argument)) === name);

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
