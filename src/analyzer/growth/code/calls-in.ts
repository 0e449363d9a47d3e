/**
 * The line on which a function calls another one. In: the text of a script, where the function begins as V8 says it, and
 * the name of what it calls. Out: the place of the call, 0-based as in V8, if the function has exactly one such call.
 */
import { childrenOf, isFunction, ownNodesIn, tryParse, type AnyNode } from '../../../source/syntax.js';
import { startOf, type TextPosition } from './declarations.js';

export const findCallIn = (source: string, begins: TextPosition, called: string): TextPosition | undefined => {
  const program = tryParse(source);
  const caller = program && innermostAt(program, begins);
  if (caller === undefined) return undefined;
  const [call, ...more] = ownNodesIn(caller).flatMap((node) => callOf(node, called) ?? []);
  return call === undefined || more.length > 0 ? undefined : startOf(call);
};

/** The function whose head contains the position: V8 places a function at its parameters. */
const innermostAt = (node: AnyNode, at: TextPosition): AnyNode | undefined => {
  for (const child of childrenOf(node)) {
    const inner = contains(child, at) ? innermostAt(child, at) : undefined;
    if (inner !== undefined) return inner;
  }
  return isFunction(node) && 'body' in node && contains(node, at) ? node : undefined;
};

const contains = ({ loc }: AnyNode, { line, column }: TextPosition): boolean => {
  if (loc == null) return false;
  const [start, end] = [loc.start, loc.end];
  const isAfterStart = line + 1 > start.line || (line + 1 === start.line && column >= start.column);
  return isAfterStart && (line + 1 < end.line || (line + 1 === end.line && column < end.column));
};

/** What is called or constructed, if it has that name: `use` of `client.interceptors.request.use(…)`. */
const callOf = (node: AnyNode, called: string): AnyNode | undefined => {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
  const { callee } = node;
  const last = callee.type === 'MemberExpression' && !callee.computed ? callee.property : callee;
  return 'name' in last && last.name === called ? last : undefined;
};
