/**
 * The line that adds to a container: `sessions.set(…)`, `this.queue.push(…)`, `cache[key] = …`. In: the text of a script, the
 * container as the program names it, and its kind. Out: the place, 0-based as in V8, if the script has one such line.
 */
import { childrenOf, isNode, startOf, tryParse, type AnyNode } from '../../../source/syntax.js';
import type { FindingKind } from '../../model/finding.js';
import { findDeclarationIn, type TextPosition } from './declarations.js';

export interface NamedContainer {
  readonly kind: FindingKind;
  /** The variable, and where it is declared; undefined if an object's property holds the container. */
  readonly variable?: { readonly name: string; readonly at: TextPosition } | undefined;
  /** The properties from there to the container; `[]` stands for any element or entry. */
  readonly members: readonly string[];
  /** Of a list or tree. */
  readonly links?: Links | undefined;
}

/** How the entries of a list or tree hold one another. */
export interface Links {
  /** The properties that lead from one entry to another: `next`, or `left` and `right`. */
  readonly fields: readonly string[];
  readonly entryClass: string;
}

/** Calls that add, and whether an assignment to an element or to the name itself adds. */
interface Ways {
  readonly methods: readonly string[];
  readonly toElement?: true;
  readonly toName?: true;
  /** Whatever waits for it adds: `await`, `Promise.race()`. */
  readonly waits?: true;
}

const waysOf: Readonly<Partial<Record<FindingKind, Ways>>> = {
  map: { methods: ['set'] },
  set: { methods: ['add'] },
  'weak-set': { methods: ['add', 'set', 'push', 'register'] },
  array: { methods: ['push', 'unshift', 'splice'], toElement: true },
  dictionary: { methods: [], toElement: true },
  string: { methods: [], toName: true },
  buffer: { methods: ['push', 'grow', 'resize'], toName: true },
  'linked-list': { methods: [], toName: true },
  'closure-chain': { methods: [], toName: true },
  'promise-reactions': { methods: ['then', 'catch', 'finally'], waits: true },
};

export interface Addition extends TextPosition {
  /** Where the function begins that it is in; undefined at the top level of a module. */
  readonly within: TextPosition | undefined;
}

/** All lines that add; if there are several, the text does not show which of them run. */
export const findAdditions = (source: string, container: NamedContainer): Addition[] => {
  const ways = waysOf[container.kind];
  const program = ways === undefined ? undefined : tryParse(source);
  if (ways === undefined || program === undefined) return [];
  const declaredAt: DeclaredAt = (name, at) => findDeclarationIn(program, source, name, at);
  const named = { container, declaredAt, symbols: symbolsIn(program) };
  const search = { ...named, aliases: aliasesIn(program, named) };
  const found: Addition[] = [];
  collect(program, undefined, (node, within) => {
    const targets = [targetOf(node, ways) ?? [], ways.waits === true ? waitedFor(node) : []].flat();
    if (targets.some((target) => isContainer(target, search)))
      found.push({ ...startOf(node), within: within && startOf(within) });
  });
  const { links } = container;
  // what is filled while a module loads is filled once
  const added = found.length === 0 && links !== undefined ? linkedIn(program, links) : found;
  const called = added.filter(({ within }) => within !== undefined);
  return called.length === 0 ? added : called;
};

/** Lines that add behind an entry: `tail.next = entry`, `node[side] = new Node(key)`. */
const linkedIn = (program: AnyNode, links: Links): Addition[] => {
  const found: Addition[] = [];
  collect(program, undefined, (node, within) => {
    if (isLinking(node, links)) found.push({ ...startOf(node), within: within && startOf(within) });
  });
  return found;
};

const isLinking = (node: AnyNode, { fields, entryClass }: Links): boolean => {
  if (node.type !== 'AssignmentExpression' || isNothing(node.right)) return false;
  const { left, right } = node;
  if (left.type !== 'MemberExpression') return false;
  const isNew =
    right.type === 'NewExpression' && right.callee.type === 'Identifier' && right.callee.name === entryClass;
  return fields.includes(nameOf(left)) || (left.computed && isNew);
};

type DeclaredAt = (variable: string, seenAt: TextPosition) => TextPosition | undefined;

/** `within`: the innermost function around the node. */
const collect = (
  node: AnyNode,
  within: AnyNode | undefined,
  visit: (node: AnyNode, within: AnyNode | undefined) => void,
): void => {
  visit(node, within);
  const inner = /Function/.test(node.type) ? node : within;
  for (const child of childrenOf(node)) collect(child, inner, visit);
};

/** Variables that hold symbols, by name: `const CACHE = Symbol('cache')` is the property `<symbol cache>`. */
const symbolsIn = (program: AnyNode): Map<string, string> => {
  const symbols = new Map<string, string>();
  collect(program, undefined, (node) => {
    if (node.type !== 'VariableDeclarator' || node.id.type !== 'Identifier') return;
    const [text, ...more] = node.init?.type === 'CallExpression' ? node.init.arguments : [];
    if (text?.type === 'Literal' && typeof text.value === 'string' && more.length === 0)
      symbols.set(node.id.name, `<symbol ${text.value}>`);
  });
  return symbols;
};

/** The expression that something is added to; undefined if nothing is. */
const targetOf = (node: AnyNode, { methods, toElement, toName }: Ways): AnyNode | undefined => {
  if (node.type === 'CallExpression') {
    const { callee } = node;
    if (callee.type !== 'MemberExpression' || !methods.includes(nameOf(callee))) return undefined;
    const removes = nameOf(callee) === 'splice' && node.arguments.length < 3;
    return removes ? undefined : callee.object;
  }
  if (node.type !== 'AssignmentExpression' || isNothing(node.right)) return undefined;
  const { left } = node;
  if (toElement === true && left.type === 'MemberExpression' && left.computed) return left.object;
  if (toName !== true || (node.operator === '=' && isConstant(node.right))) return undefined;
  return /^(Identifier|MemberExpression)$/.test(left.type) ? left : undefined;
};

/** The promises that a node waits for. */
const waitedFor = (node: AnyNode): AnyNode[] => {
  if (node.type === 'AwaitExpression') return [node.argument];
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return [];
  const [list] = node.arguments;
  const isJoined = /^(race|any|all|allSettled)$/.test(nameOf(node.callee)) && list?.type === 'ArrayExpression';
  return isJoined ? list.elements.filter((one) => one !== null) : [];
};

/** What ends an entry. */
const isNothing = (node: AnyNode): boolean =>
  (node.type === 'Literal' && node.value === null) ||
  (node.type === 'Identifier' && node.name === 'undefined') ||
  (node.type === 'UnaryExpression' && node.operator === 'void');

/** What a text or a list is set to when it begins, or begins again. */
const isConstant = (node: AnyNode): boolean =>
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'ArrayExpression' && node.elements.length === 0);

/** What leads from a Buffer to its bytes: no code that adds names these. */
const bufferParts: ReadonlySet<string> = new Set(['buffer', 'backing_store']);

interface Search {
  readonly container: NamedContainer;
  readonly declaredAt: DeclaredAt;
  readonly symbols: ReadonlyMap<string, string>;
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

const isCalledSo = (node: AnyNode, search: Omit<Search, 'aliases'>): boolean => {
  const { container } = search;
  const members = container.members.filter((member) => container.kind !== 'buffer' || !bufferParts.has(member));
  const named = members.findLastIndex((member) => member !== '[]');
  if (named === members.length - 1) return isNamed(node, members[named], search);
  const parts: AnyNode[] = [];
  collect(node, undefined, (part) => parts.push(part));
  return node.type !== 'Identifier' && parts.some((part) => isNamed(part, members[named], search));
};

const aliasesIn = (program: AnyNode, search: Omit<Search, 'aliases'>): Alias[] => {
  const aliases: Alias[] = [];
  collect(program, undefined, (node) => {
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
  { container: { variable }, declaredAt, symbols }: Omit<Search, 'aliases'>,
): boolean => {
  if (property !== undefined)
    return node.type === 'MemberExpression' && [nameOf(node), symbolOf(node, symbols)].includes(property);
  if (variable === undefined || node.type !== 'Identifier' || node.name !== variable.name) return false;
  return isSame(variable.at, declaredAt(variable.name, startOf(node)));
};

const isSame = (a: TextPosition | undefined, b: TextPosition | undefined): boolean =>
  a !== undefined && b !== undefined && a.line === b.line && a.column === b.column;

/** `a[CACHE]`, if that variable holds a symbol. */
const symbolOf = (member: AnyNode, symbols: ReadonlyMap<string, string>): string | undefined =>
  member.type === 'MemberExpression' && member.computed && member.property.type === 'Identifier'
    ? symbols.get(member.property.name)
    : undefined;

/** `a.b`, `a.#b` and `a['b']` are called b. */
const nameOf = (member: AnyNode): string => {
  const { property, computed } = member as AnyNode & { property?: unknown; computed?: boolean };
  if (!isNode(property)) return '';
  const { name, value } = property as AnyNode & { name?: unknown; value?: unknown };
  if (property.type === 'PrivateIdentifier') return `#${String(name)}`;
  return String((computed === true ? value : name) ?? '');
};
