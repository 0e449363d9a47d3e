/**
 * The lines of a function that add to something that was there before it was called: `kept.set(…)`, `this.queue.push(…)`,
 * `cache[key] = …`, `last = { next: last }`. What a function allocates and adds there stays. In: the text of a script. Out:
 * the places, 0-based as in V8, each with the function that it is in; and the lines where a function waits (`await`), because
 * what it has allocated stays as long as it waits.
 */
import { childrenOf, isNode, ownNodesIn, startOf, tryParse, type AnyNode } from '../../../source/syntax.js';
import { findDeclarationIn, type TextPosition } from './declarations.js';
import { findInInlined, functionsIn, functionsWrittenIn } from './inlined.js';

export interface LastingAddition extends TextPosition {
  /** Where that function begins: at its first word, and at its parameters, where V8 says that it begins. */
  readonly within: readonly TextPosition[];
  /** Nothing is added there: the function waits. */
  readonly isWait: boolean;
}

/**
 * `isWanted`: whether the function that begins there is asked for. If it adds nothing itself, those that it calls may: V8
 * names the caller of a function that it has inlined.
 */
export const findLastingAdditions = (
  source: string,
  isWanted: (beginnings: readonly TextPosition[]) => boolean,
): LastingAddition[] => {
  const program = tryParse(source);
  if (program === undefined) return [];
  const text = { program, source };
  const functions = functionsIn(program);
  // the code of the module itself, too: V8 says that it begins where the text does
  return [program, ...functions.map(({ node }) => node)].flatMap((node) => {
    const within = beginningsOf(node);
    if (!isWanted(within)) return [];
    const places = additionsIn(node, text);
    const all = places.length > 0 ? places : findInInlined(node, functions, (one) => additionsIn(one, text), functionsWrittenIn); // prettier-ignore
    return [
      ...all.map((place) => ({ ...place, within, isWait: false })),
      ...waitsIn(node).map((place) => ({ ...place, within, isWait: true })),
    ];
  });
};

/** Of the function alone, not of those that are written in it. */
const additionsIn = (around: AnyNode, text: Text): TextPosition[] =>
  ownNodesIn(around)
    .filter((node) => {
      const target = targetOf(node);
      return target !== undefined && outlives(target, around, text);
    })
    .map(startOf);

const waitsIn = (around: AnyNode): TextPosition[] =>
  ownNodesIn(around)
    .filter(({ type }) => type === 'AwaitExpression')
    .map(startOf);

const adders = /^(set|add|push|unshift|append|prepend|enqueue|on|once|addListener|addEventListener|prependListener)$/;

/** The expression that something is added to; undefined if nothing is. */
const targetOf = (node: AnyNode): AnyNode | undefined => {
  if (node.type === 'CallExpression') {
    const { callee } = node;
    if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined;
    const { name } = callee.property;
    const adds = adders.test(name) || (name === 'splice' && node.arguments.length > 2);
    return adds && node.arguments.length > 0 ? callee.object : undefined;
  }
  if (node.type !== 'AssignmentExpression') return undefined;
  const { left, right, operator } = node;
  if (left.type === 'MemberExpression' && left.computed && operator === '=')
    return isEnd(right) ? undefined : left.object;
  const isMore = operator === '=' ? containsItself(right, left) : operator === '+=' && isTextOrUnknown(right);
  return isMore && /^(Identifier|MemberExpression)$/.test(left.type) ? left : undefined;
};

/** What takes an entry out. */
const isEnd = (node: AnyNode): boolean =>
  (node.type === 'Literal' && typeof node.value !== 'string') ||
  (node.type === 'Identifier' && node.name === 'undefined') ||
  node.type === 'UnaryExpression';

/** `head = { value, next: head }`, `all = [...all, one]`: the new value holds the one before. */
const containsItself = (value: AnyNode, name: AnyNode): boolean => {
  if (!/^(ObjectExpression|ArrayExpression|NewExpression|CallExpression|ArrowFunctionExpression)$/.test(value.type))
    return false;
  const text = pathOf(name);
  const contains = (node: AnyNode): boolean => pathOf(node) === text || childrenOf(node).some(contains);
  return text !== undefined && contains(value);
};

/** `count += 1` adds no memory. */
const isTextOrUnknown = (node: AnyNode): boolean =>
  node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');

/** `a.b.c`; undefined for anything else. */
const pathOf = (node: AnyNode): string | undefined => {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'ThisExpression') return 'this';
  if (node.type !== 'MemberExpression' || node.computed) return undefined;
  const [object, property] = [pathOf(node.object), node.property];
  return object === undefined || !('name' in property) ? undefined : `${object}.${property.name}`;
};

interface Text {
  readonly program: AnyNode;
  readonly source: string;
}

/** Whether the object was there before the function ran; what is passed to a function was. */
const outlives = (target: AnyNode, around: AnyNode, { program, source }: Text): boolean => {
  const root = rootOf(target);
  if (root.type === 'ThisExpression') return true;
  if (root.type !== 'Identifier') return false;
  if (around === program) return true; // a module's own variables stay
  const at = findDeclarationIn(program, source, root.name, startOf(root));
  const value = at === undefined ? undefined : initialValueIn(around, at);
  return value === undefined || !isNew(value);
};

/** Calls are followed to what they are called on: `map.get(key).push(…)`. */
const rootOf = (node: AnyNode): AnyNode => {
  if (node.type === 'MemberExpression') return rootOf(node.object);
  if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression') return rootOf(node.callee.object);
  return node.type === 'ChainExpression' ? rootOf(node.expression) : node;
};

/** What a variable is set to where it is declared, if that is inside the function. */
const initialValueIn = (node: AnyNode, at: TextPosition): AnyNode | undefined => {
  if (node.type === 'VariableDeclarator' && isAt(node, at)) return isNode(node.init) ? node.init : undefined;
  for (const child of childrenOf(node)) {
    const found = initialValueIn(child, at);
    if (found !== undefined) return found;
  }
  return undefined;
};

const isNew = (value: AnyNode): boolean =>
  /^(ObjectExpression|ArrayExpression|NewExpression|Literal|TemplateLiteral)$/.test(value.type) ||
  (value.type === 'CallExpression' && /^(Array|Object)\./.test(pathOf(value.callee) ?? ''));

/** Of a method, the name is a node of its own, before the function. */
const beginningsOf = (node: AnyNode): TextPosition[] => {
  const { id } = node as AnyNode & { id?: unknown };
  return [startOf(node), ...(isNode(id) ? [endOf(id)] : [])];
};

const endOf = ({ loc }: AnyNode): TextPosition => ({ line: (loc?.end.line ?? 1) - 1, column: loc?.end.column ?? 0 });
const isAt = (node: AnyNode, { line, column }: TextPosition): boolean => {
  const start = startOf(node);
  return start.line === line && start.column === column;
};
