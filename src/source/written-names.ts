/**
 * Where the name of a function, a class or a private member is written. In: the text of a script, the name, and the place
 * that V8 gives for the code. Out: the place of the name. 0-based, as in V8.
 */
import { childrenOf, isNode, tryParse, type AnyNode } from './syntax.js';

export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export type FindName = (name: string, at: TextPosition) => TextPosition | undefined;

/**
 * The innermost one around the place: of a function or class, in `E=class{…` the place of `E`; for `#entries`, of the member of a
 * class. undefined if the text cannot be parsed.
 */
export const writtenNames = (source: string): FindName => {
  let program: AnyNode | undefined;
  let isParsed = false;
  return (name, at) => {
    if (!isParsed) program = tryParse(source);
    isParsed = true;
    if (program === undefined) return undefined;
    const find = name.startsWith('#') ? memberIn : nameOfCode;
    let found: TextPosition | undefined;
    for (const node of around(program, at)) {
      const written = find(node, name, at);
      if (written?.loc) found = { line: written.loc.start.line - 1, column: written.loc.start.column };
    }
    return found;
  };
};

/** The name by which a declaration, an assignment or a property names the function or class that is around the place. */
const nameOfCode = (node: AnyNode, name: string, at: TextPosition): AnyNode | undefined => {
  const { id, left, key, init, right, value } = node as AnyNode & Record<string, unknown>;
  const [written, code] = [id ?? left ?? key, init ?? right ?? value ?? node];
  const isNamed = isNode(written) && written.type === 'Identifier' && written.name === name;
  return isNamed && isNode(code) && isCode(code) && isAround(code, at) ? written : undefined;
};

const memberIn = (node: AnyNode, name: string): AnyNode | undefined => {
  const { body } = node as AnyNode & { body?: unknown };
  if (!node.type.startsWith('Class') || !isNode(body)) return undefined;
  return childrenOf(body)
    .map((member) => (member as AnyNode & { key?: unknown }).key)
    .find((key): key is AnyNode => isNode(key) && key.type === 'PrivateIdentifier' && `#${key.name}` === name);
};

/** V8's place of a class is that of the class, or of its constructor. */
const around = function* (node: AnyNode, at: TextPosition): Generator<AnyNode> {
  yield node;
  for (const child of childrenOf(node)) if (isAround(child, at)) yield* around(child, at);
};

const isAround = ({ loc }: AnyNode, { line, column }: TextPosition): boolean => {
  if (loc === undefined || loc === null) return false;
  const [from, to] = [loc.start, loc.end];
  const begins = from.line - 1 < line || (from.line - 1 === line && from.column <= column);
  return begins && (to.line - 1 > line || (to.line - 1 === line && to.column >= column));
};

const isCode = ({ type }: AnyNode): boolean => /Function|^Class/.test(type);
