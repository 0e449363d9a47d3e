/**
 * The line on which a function calls another one. In: the text of a script, where the function begins as V8 says it, and
 * the name of what it calls. Out: the places of the calls, 0-based as in V8; if it has none, those of the functions that it calls.
 */
import { ownNodesIn, tryParse, type AnyNode } from '../../../source/syntax.js';
import { startOf, type TextPosition } from './declarations.js';
import { innermostAt } from './functions.js';
import { findInInlined, functionsIn } from './inlined.js';

export const findCallsIn = (source: string, begins: TextPosition, called: string): TextPosition[] => {
  const program = tryParse(source);
  const caller = program && innermostAt(program, begins);
  if (program === undefined || caller === undefined) return [];
  const callsOf = (node: AnyNode): TextPosition[] =>
    ownNodesIn(node)
      .flatMap((inner) => callOf(inner, called) ?? [])
      .map(startOf);
  const calls = callsOf(caller);
  return calls.length > 0 ? calls : findInInlined(caller, functionsIn(program), callsOf);
};

/** What is called or constructed, if it has that name: `use` of `client.interceptors.request.use(…)`. */
const callOf = (node: AnyNode, called: string): AnyNode | undefined => {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
  const { callee } = node;
  const last = callee.type === 'MemberExpression' && !callee.computed ? callee.property : callee;
  return 'name' in last && last.name === called ? last : undefined;
};
