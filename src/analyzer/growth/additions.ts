/**
 * The line that adds to a container: `sessions.set(…)`, `this.queue.push(…)`, `cache[key] = …`. In: the text of a script, the
 * container as the program names it, and its kind. Out: the place, 0-based as in V8, if the script has one such line.
 */
import { childrenOf, isNode, tryParse, type AnyNode } from '../../source/syntax.js';
import type { FindingKind } from '../model/finding.js';
import { findDeclarationIn, type TextPosition } from './declarations.js';

export interface NamedContainer {
  readonly kind: FindingKind;
  /** The variable, and where it is declared; undefined if an object's property holds the container. */
  readonly variable?: { readonly name: string; readonly at: TextPosition } | undefined;
  /** The properties from there to the container; `[]` stands for any element or entry. */
  readonly members: readonly string[];
}

/** Calls that add, and whether an assignment to an element or to the name itself adds. */
interface Ways {
  readonly methods: readonly string[];
  readonly toElement?: true;
  readonly toName?: true;
}

const waysOf: Readonly<Partial<Record<FindingKind, Ways>>> = {
  map: { methods: ['set'] },
  set: { methods: ['add'] },
  'weak-set': { methods: ['add', 'set', 'push'] },
  array: { methods: ['push', 'unshift', 'splice'], toElement: true },
  dictionary: { methods: [], toElement: true },
  string: { methods: [], toName: true },
  buffer: { methods: ['push'], toName: true },
  'linked-list': { methods: [], toName: true },
  'closure-chain': { methods: [], toName: true },
};

/** Undefined if no line or several lines add: then none of them is known to be the one. */
export const findAddition = (source: string, container: NamedContainer): TextPosition | undefined => {
  const ways = waysOf[container.kind];
  const program = ways === undefined ? undefined : tryParse(source);
  if (ways === undefined || program === undefined) return undefined;
  const declaredAt: DeclaredAt = (name, at) => findDeclarationIn(program, source, name, at);
  const found: Addition[] = [];
  collect(program, 0, (node, depth) => {
    const target = targetOf(node, ways);
    if (target !== undefined && isContainer(target, container, declaredAt)) found.push({ node, depth });
  });
  // what is filled while a module loads is filled once
  const called = found.filter(({ depth }) => depth > 0);
  const one = called.length === 0 ? found : called;
  const at = one.length === 1 ? one[0]?.node.loc?.start : undefined;
  return at === undefined ? undefined : { line: at.line - 1, column: at.column };
};

type DeclaredAt = (variable: string, seenAt: TextPosition) => TextPosition | undefined;

interface Addition {
  readonly node: AnyNode;
  /** How many functions it is inside of. */
  readonly depth: number;
}

const collect = (node: AnyNode, depth: number, visit: (node: AnyNode, depth: number) => void): void => {
  visit(node, depth);
  const inner = depth + (/Function/.test(node.type) ? 1 : 0);
  for (const child of childrenOf(node)) collect(child, inner, visit);
};

/** The expression that something is added to; undefined if nothing is. */
const targetOf = (node: AnyNode, { methods, toElement, toName }: Ways): AnyNode | undefined => {
  if (node.type === 'CallExpression') {
    const { callee } = node;
    if (callee.type !== 'MemberExpression' || !methods.includes(nameOf(callee))) return undefined;
    const removes = nameOf(callee) === 'splice' && node.arguments.length < 3;
    return removes ? undefined : callee.object;
  }
  if (node.type !== 'AssignmentExpression') return undefined;
  const { left } = node;
  if (toElement === true && left.type === 'MemberExpression' && left.computed) return left.object;
  return toName === true && /^(Identifier|MemberExpression)$/.test(left.type) ? left : undefined;
};

/** What leads from a Buffer to its bytes: no code that adds names these. */
const bufferParts: ReadonlySet<string> = new Set(['buffer', 'backing_store']);

/** Whether the expression is what the container is called: the variable, `.property`, or an element of one of these. */
const isContainer = (target: AnyNode, container: NamedContainer, declaredAt: DeclaredAt): boolean => {
  const members = container.members.filter((member) => container.kind !== 'buffer' || !bufferParts.has(member));
  const named = members.findLastIndex((member) => member !== '[]');
  if (named === members.length - 1) return isNamed(target, members[named], container, declaredAt);
  const parts: AnyNode[] = [];
  collect(target, 0, (node) => parts.push(node));
  return target.type !== 'Identifier' && parts.some((part) => isNamed(part, members[named], container, declaredAt));
};

const isNamed = (
  node: AnyNode,
  property: string | undefined,
  { variable }: NamedContainer,
  declaredAt: DeclaredAt,
): boolean => {
  if (property !== undefined) return node.type === 'MemberExpression' && nameOf(node) === property;
  if (variable === undefined || node.type !== 'Identifier' || node.name !== variable.name) return false;
  const at = node.loc?.start;
  const declared = at && declaredAt(variable.name, { line: at.line - 1, column: at.column });
  return declared !== undefined && declared.line === variable.at.line && declared.column === variable.at.column;
};

/** `a.b`, `a.#b` and `a['b']` are called b. */
const nameOf = (member: AnyNode): string => {
  const { property, computed } = member as AnyNode & { property?: unknown; computed?: boolean };
  if (!isNode(property)) return '';
  const { name, value } = property as AnyNode & { name?: unknown; value?: unknown };
  if (property.type === 'PrivateIdentifier') return `#${String(name)}`;
  return String((computed === true ? value : name) ?? '');
};
