/**
 * The line on which a function calls another one. In: the text of a script, where the function begins as V8 says it, and
 * the name of what it calls. Out: the place of the call, 0-based as in V8, if the function has exactly one such call.
 */
import { childrenOf, tryParse, type AnyNode } from '../../../source/syntax.js';
import type { TextPosition } from './declarations.js';

export const findCallIn = (source: string, begins: TextPosition, called: string): TextPosition | undefined => {
  const program = tryParse(source);
  const caller = program && innermostAt(program, begins);
  if (caller === undefined) return undefined;
  const calls = ownNodes(caller).flatMap((node) => callOf(node, called) ?? []);
  const start = calls.length === 1 ? calls[0]?.loc?.start : undefined;
  return start && { line: start.line - 1, column: start.column };
};

/** The function whose head contains the position: V8 places a function at its parameters. */
const innermostAt = (node: AnyNode, at: TextPosition): AnyNode | undefined => {
  for (const child of childrenOf(node)) {
    const inner = contains(child, at) ? innermostAt(child, at) : undefined;
    if (inner !== undefined) return inner;
  }
  return /Function/.test(node.type) && 'body' in node && contains(node, at) ? node : undefined;
};

const contains = ({ loc }: AnyNode, { line, column }: TextPosition): boolean => {
  if (loc == null) return false;
  const [start, end] = [loc.start, loc.end];
  const isAfterStart = line + 1 > start.line || (line + 1 === start.line && column >= start.column);
  return isAfterStart && (line + 1 < end.line || (line + 1 === end.line && column < end.column));
};

/** The parts of a function without the functions in it. */
const ownNodes = (node: AnyNode): AnyNode[] =>
  childrenOf(node).flatMap((child) => (/Function/.test(child.type) ? [] : [child, ...ownNodes(child)]));

/** What is called or constructed, if it has that name: `use` of `client.interceptors.request.use(…)`. */
const callOf = (node: AnyNode, called: string): AnyNode | undefined => {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
  const { callee } = node;
  const last = callee.type === 'MemberExpression' && !callee.computed ? callee.property : callee;
  return 'name' in last && last.name === called ? last : undefined;
};
