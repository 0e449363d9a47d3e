/**
 * Where names are written: of functions, classes, private members and variables. In: the text of a script, a name, and the place
 * that V8 gives for a function or class. Out: the place of the name. 0-based, as in V8.
 */
import {
  childrenOf,
  declaredBy,
  isFunction,
  isNode,
  opensScope,
  parametersOf,
  startOf,
  tryParse,
  type AnyNode,
  type TextPosition,
} from './syntax.js';

export interface WrittenNames {
  /** The name of the function or class that begins at the place, if that is its name: the `E` of `E=class{…`. */
  code(name: string, at: TextPosition): TextPosition | undefined;
  /** A private member, `#entries`, of the class that begins at the place. */
  member(name: string, at: TextPosition): TextPosition | undefined;
  /**
   * A variable that is declared around the function or class that begins at the place. undefined if several of that name are:
   * which one V8 means is then unknown.
   */
  variable(name: string, at: TextPosition): TextPosition | undefined;
}

/** A longer text takes more than a second, and hundreds of megabytes, to parse. */
const longestParsed = 2 * 2 ** 20;

/** Nothing is found in a text that is too long or cannot be parsed. */
export const writtenNames = (source: string): WrittenNames => {
  let find: ((at: TextPosition) => readonly AnyNode[]) | undefined;
  const wayTo = (at: TextPosition): readonly AnyNode[] => {
    const program = find === undefined && source.length <= longestParsed ? tryParse(source) : undefined;
    find ??= program === undefined ? () => [] : createWay(program);
    return find(at);
  };
  return {
    code: (name, at) => {
      const way = wayTo(at);
      const own = ownCode(way, at);
      return placeOf(way.map((node) => nameOf(node, own, name)).findLast((node) => node !== undefined));
    },
    member: (name, at) => placeOf(memberIn(ownCode(wayTo(at), at), name)),
    variable: (name, at) => {
      const way = wayTo(at);
      const own = ownCode(way, at);
      // V8's own functions, such as the one that sets the fields of a class, are no code of the text
      const outside = own === undefined ? way : way.slice(0, way.indexOf(own));
      const [found, ...others] = outside.flatMap((scope) => declaredIn(scope, name));
      return others.length === 0 ? placeOf(found) : undefined;
    },
  };
};

/** The function or class that begins at the place. V8's place of a class may be that of its constructor. */
const ownCode = (way: readonly AnyNode[], at: TextPosition): AnyNode | undefined => {
  const i = way.findLastIndex((node) => isCode(node) && isBefore(at, (node as Fields)['body']));
  const { type, kind } = (way[i - 1] ?? {}) as Partial<Fields>;
  const isConstructor = type === 'MethodDefinition' && kind === 'constructor';
  return way[isConstructor ? i - 3 : i];
};

const isBefore = ({ line, column }: TextPosition, node: unknown): boolean => {
  const start = isNode(node) ? startOf(node) : undefined;
  return start !== undefined && (line < start.line || (line === start.line && column < start.column));
};

const placeOf = (node: AnyNode | undefined): TextPosition | undefined => node && startOf(node);

/** From the program down to the innermost node at a place. A bundle has thousands of statements in one scope. */
const createWay = (program: AnyNode): ((at: TextPosition) => readonly AnyNode[]) => {
  const known = new Map<AnyNode, readonly AnyNode[]>();
  const childrenIn = (node: AnyNode): readonly AnyNode[] => {
    const children = known.get(node) ?? childrenOf(node);
    known.set(node, children);
    return children;
  };
  return (at) => {
    const way: AnyNode[] = [];
    for (let node: AnyNode | undefined = program; node !== undefined;) {
      way.push(node);
      node = childrenIn(node).find((child) => isAt(child, at));
    }
    return way;
  };
};

const isAt = ({ loc }: AnyNode, { line, column }: TextPosition): boolean => {
  if (loc === undefined || loc === null) return false;
  const [from, to] = [loc.start, loc.end];
  const begins = from.line - 1 < line || (from.line - 1 === line && from.column <= column);
  return begins && (to.line - 1 > line || (to.line - 1 === line && to.column > column));
};

const isCode = (node: AnyNode): boolean => isFunction(node) || isClass(node);
const isClass = ({ type }: AnyNode): boolean => /^Class(Declaration|Expression)$/.test(type);

type Fields = AnyNode & Record<string, unknown>;

/** The name that a declaration, an assignment or a property gives to this function or class. */
const nameOf = (node: AnyNode, code: AnyNode | undefined, name: string): AnyNode | undefined => {
  const { id, left, key, init, right, value } = node as Fields;
  return code !== undefined && (init ?? right ?? value ?? node) === code ? named(id ?? left ?? key, name) : undefined;
};

const named = (node: unknown, name: string): AnyNode | undefined =>
  isNode(node) && node.type === 'Identifier' && node.name === name ? node : undefined;

const memberIn = (node: AnyNode | undefined, name: string): AnyNode | undefined => {
  const { body } = (node ?? {}) as Partial<Fields>;
  if (!isNode(body)) return undefined;
  return childrenOf(body)
    .map((member) => (member as Fields)['key'])
    .find((key): key is AnyNode => isNode(key) && key.type === 'PrivateIdentifier' && `#${key.name}` === name);
};

/** The identifiers of that name that a scope declares, without the scopes in it. */
const declaredIn = (scope: AnyNode, name: string): AnyNode[] => {
  if (scope.type !== 'Program' && !opensScope(scope.type)) return [];
  const found = parametersOf(scope);
  const open = childrenOf(scope);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    found.push(...declaredBy(node));
    if (!opensScope(node.type)) open.push(...childrenOf(node));
  }
  return found.filter((identifier) => identifier.name === name);
};
