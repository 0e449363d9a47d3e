/**
 * V8 names the caller of a function that it has inlined: what is not in the text of the function that it names may be in one
 * that this function calls. In: a syntax tree, a function of it, and what to look for. Out: what the nearest of them have.
 */
import { childrenOf, isFunction, isNode, ownNodesIn, type AnyNode } from '../../../source/syntax.js';

export interface NamedFunction {
  readonly node: AnyNode;
  /** Of the function, or of the variable or property that holds it; '' if it has none. */
  readonly name: string;
}

export const functionsIn = (node: AnyNode, name = ''): NamedFunction[] => {
  const named = nameIn(node) ?? '';
  const inside = childrenOf(node).flatMap((child) => functionsIn(child, named));
  return isFunction(node) ? [{ node, name: named === '' ? name : named }, ...inside] : inside;
};

/** The name that a declaration, an assignment or a member of a class gives; undefined if it gives none. */
const nameIn = (node: AnyNode): string | undefined => {
  if (node.type === 'AssignmentExpression') return lastNameOf(node.left);
  const { id, key } = node as AnyNode & { id?: unknown; key?: unknown };
  const given = isNode(id) ? id : isNode(key) ? key : undefined;
  return given === undefined ? undefined : lastNameOf(given);
};

/** `c` of `a.b.c`. */
const lastNameOf = (node: AnyNode): string | undefined => {
  if (node.type === 'MemberExpression') return node.computed ? undefined : lastNameOf(node.property);
  return 'name' in node && typeof node.name === 'string' ? node.name : undefined;
};

/** V8 inlines calls in calls, but not without end. */
const mostCalls = 3;

/** Of the functions of this text that it calls by name, or that `alsoOf` gives for it, the nearest that have something. */
export const findInInlined = <T>(
  from: AnyNode,
  functions: readonly NamedFunction[],
  find: (node: AnyNode) => T[],
  alsoOf: (node: AnyNode) => AnyNode[] = () => [],
): T[] => {
  const seen = new Set([from]);
  let calling = [from];
  for (let calls = 0; calls < mostCalls && calling.length > 0; calls++) {
    const names = new Set(calling.flatMap(namesCalledIn));
    const also = new Set(calling.flatMap(alsoOf));
    const isNext = ({ node, name }: NamedFunction): boolean => (names.has(name) || also.has(node)) && !seen.has(node);
    calling = functions.filter(isNext).map(({ node }) => node);
    for (const one of calling) seen.add(one);
    const found = calling.flatMap(find);
    if (found.length > 0) return found;
  }
  return [];
};

export const functionsWrittenIn = (node: AnyNode): AnyNode[] =>
  childrenOf(node).flatMap((child) => (isFunction(child) ? [child] : functionsWrittenIn(child)));

const namesCalledIn = (around: AnyNode): string[] =>
  ownNodesIn(around).flatMap((node) =>
    node.type === 'CallExpression' || node.type === 'NewExpression' ? (lastNameOf(node.callee) ?? []) : [],
  );
