/** Functions in the text of a script by the place at which V8 says that they begin: at their parameters. 0-based, as in V8. */
import { childrenOf, isFunction, tryParse, type AnyNode } from '../../../source/syntax.js';
import type { TextPosition } from './declarations.js';

/** The innermost function whose head contains the position. */
export const innermostAt = (node: AnyNode, at: TextPosition): AnyNode | undefined => {
  for (const child of childrenOf(node)) {
    const inner = contains(child, at) ? innermostAt(child, at) : undefined;
    if (inner !== undefined) return inner;
  }
  return isFunction(node) && 'body' in node && contains(node, at) ? node : undefined;
};

/** Whether the place is in it. */
export const contains = ({ loc }: AnyNode, { line, column }: TextPosition): boolean => {
  if (loc == null) return false;
  const [start, end] = [loc.start, loc.end];
  const isAfterStart = line + 1 > start.line || (line + 1 === start.line && column >= start.column);
  return isAfterStart && (line + 1 < end.line || (line + 1 === end.line && column < end.column));
};

/** Returns the text of that function, for each place; undefined if there is none, or the script cannot be parsed. */
export const readFunctions = (source: string): ((begins: TextPosition) => string | undefined) => {
  const program = tryParse(source);
  return (begins) => {
    const found = program && innermostAt(program, begins);
    return found && source.slice(found.start, found.end);
  };
};
