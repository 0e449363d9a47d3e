/**
 * The line on which a function calls another one. In: the text of a script, where the function begins as V8 says it, and
 * the name of what it calls, or the package. Out: the places of the calls, 0-based as in V8; if it has none, those of the
 * functions that it calls.
 */
import { nodesIn, ownNodesIn, startOf, tryParse, type AnyNode } from '../../../source/syntax.js';
import { type TextPosition } from './declarations.js';
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

/** The first call on each line of the function that begins with what is imported from the package. */
export const findCallsOfPackage = (source: string, begins: TextPosition, name: string): TextPosition[] => {
  const program = tryParse(source);
  const caller = program && innermostAt(program, begins);
  if (program === undefined || caller === undefined) return [];
  const imported = new Set(nodesIn(program).flatMap((node) => importedFrom(node, name)));
  const calls = ownNodesIn(caller).filter(
    (node) => /^(Call|New)Expression$/.test(node.type) && imported.has(rootName(node) ?? ''),
  );
  return [...new Map(calls.map(startOf).map((at) => [at.line, at])).values()];
};

/** The variables that a statement sets to the package, or to parts of it. */
const importedFrom = (node: AnyNode, name: string): string[] => {
  const isOf = (from: unknown): boolean => from === name || String(from).startsWith(`${name}/`);
  if (node.type === 'ImportDeclaration')
    return isOf(node.source.value) ? node.specifiers.map(({ local }) => local.name) : [];
  if (node.type !== 'VariableDeclarator' || node.init?.type !== 'CallExpression') return [];
  const [from] = node.init.arguments;
  const isRequired = rootName(node.init) === 'require' && from?.type === 'Literal' && isOf(from.value);
  if (!isRequired) return [];
  return nodesIn(node.id).flatMap((part) => (part.type === 'Identifier' ? part.name : []));
};

/** `winston` of `winston.createLogger(…).child(…)`. */
const rootName = (node: AnyNode): string | undefined => {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'CallExpression' || node.type === 'NewExpression') return rootName(node.callee);
  return node.type === 'MemberExpression' ? rootName(node.object) : undefined;
};
