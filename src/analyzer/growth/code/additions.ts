/**
 * The line that adds to a container: `sessions.set(…)`, `this.queue.push(…)`, `cache[key] = …`. In: the text of a script, the
 * container as the program names it, and its kind. Out: the place, 0-based as in V8, if the script has one such line.
 */
import { childrenOf, isNode, tryParse, type AnyNode } from '../../../source/syntax.js';
import type { FindingKind } from '../../model/finding.js';
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
  const named = { container, declaredAt };
  const search = { ...named, aliases: aliasesIn(program, named) };
  const found: Addition[] = [];
  collect(program, 0, (node, depth) => {
    const target = targetOf(node, ways);
    if (target !== undefined && isContainer(target, search)) found.push({ node, depth });
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

interface Search {
  readonly container: NamedContainer;
  readonly declaredAt: DeclaredAt;
  /** Variables that were set to what the container, or an element of it, is called. */
  readonly aliases: readonly Alias[];
}

interface Alias {
  readonly name: string;
  readonly declared: TextPosition | undefined;
}

/** Whether the expression is what the container is called: the variable, `.property`, an element of one, or an alias. */
const isContainer = (target: AnyNode, search: Search): boolean => {
  if (isCalledSo(target, search)) return true;
  if (target.type !== 'Identifier') return false;
  const named = search.aliases.filter(({ name }) => name === target.name);
  return named.some(({ declared }) => isSame(declared, search.declaredAt(target.name, startOf(target))));
};

const isCalledSo = (node: AnyNode, { container, declaredAt }: Omit<Search, 'aliases'>): boolean => {
  const members = container.members.filter((member) => container.kind !== 'buffer' || !bufferParts.has(member));
  const named = members.findLastIndex((member) => member !== '[]');
  if (named === members.length - 1) return isNamed(node, members[named], container, declaredAt);
  const parts: AnyNode[] = [];
  collect(node, 0, (part) => parts.push(part));
  return node.type !== 'Identifier' && parts.some((part) => isNamed(part, members[named], container, declaredAt));
};

const aliasesIn = (program: AnyNode, search: Omit<Search, 'aliases'>): Alias[] => {
  const aliases: Alias[] = [];
  collect(program, 0, (node) => {
    const [name, value] =
      node.type === 'VariableDeclarator'
        ? [node.id, node.init]
        : node.type === 'AssignmentExpression'
          ? [node.left, node.right]
          : [];
    if (name?.type !== 'Identifier' || !isNode(value) || /Function/.test(value.type) || !isCalledSo(value, search))
      return;
    aliases.push({ name: name.name, declared: search.declaredAt(name.name, startOf(name)) });
  });
  return aliases;
};

const isNamed = (
  node: AnyNode,
  property: string | undefined,
  { variable }: NamedContainer,
  declaredAt: DeclaredAt,
): boolean => {
  if (property !== undefined) return node.type === 'MemberExpression' && nameOf(node) === property;
  if (variable === undefined || node.type !== 'Identifier' || node.name !== variable.name) return false;
  return isSame(variable.at, declaredAt(variable.name, startOf(node)));
};

const startOf = (node: AnyNode): TextPosition => ({
  line: (node.loc?.start.line ?? 1) - 1,
  column: node.loc?.start.column ?? 0,
});

const isSame = (a: TextPosition | undefined, b: TextPosition | undefined): boolean =>
  a !== undefined && b !== undefined && a.line === b.line && a.column === b.column;

/** `a.b`, `a.#b` and `a['b']` are called b. */
const nameOf = (member: AnyNode): string => {
  const { property, computed } = member as AnyNode & { property?: unknown; computed?: boolean };
  if (!isNode(property)) return '';
  const { name, value } = property as AnyNode & { name?: unknown; value?: unknown };
  if (property.type === 'PrivateIdentifier') return `#${String(name)}`;
  return String((computed === true ? value : name) ?? '');
};
