/**
 * Where a variable is declared. In: the text of a script, the variable's name, and the place of a function that uses it.
 * Out: the place of the declaration that this function refers to, by the language's scope rules. 0-based, as in V8.
 */
import {
  childrenOf,
  declaredBy,
  opensScope,
  parametersOf,
  startOf,
  tryParse,
  type AnyNode,
  type TextPosition,
} from '../../../source/syntax.js';

export type { TextPosition };

interface Declaration {
  readonly at: TextPosition;
  /** The scope in which it is visible, as offsets into the text. */
  readonly start: number;
  readonly end: number;
}

export const findDeclaration = (source: string, variable: string, seenAt: TextPosition): TextPosition | undefined => {
  const program = tryParse(source);
  return program === undefined
    ? findInText(source, variable, seenAt)
    : findDeclarationIn(program, source, variable, seenAt);
};

/** The same in a text that has been parsed. */
export const findDeclarationIn = (
  program: AnyNode,
  source: string,
  variable: string,
  seenAt: TextPosition,
): TextPosition | undefined => {
  const offset = offsetOf(source, seenAt);
  const declarations: Declaration[] = [];
  collect(program, program, variable, declarations);
  const visible = declarations.filter(({ start, end }) => start <= offset && offset <= end);
  const innermost = visible.toSorted((a, b) => a.end - a.start - (b.end - b.start))[0];
  return (innermost ?? declarations[0])?.at;
};

/**
 * For a text that cannot be parsed, such as TypeScript whose types Node blanks out when it loads: the last line before the
 * function that declares the name, otherwise the first one that does.
 */
const findInText = (source: string, variable: string, seenAt: TextPosition): TextPosition | undefined => {
  const name = variable.replaceAll('$', String.raw`\$`);
  const declares = new RegExp(
    `^\\s*(?:export\\s+)?(?:(?:const|let|var|class|async function|function)\\s+)${name}(?![\\w$])`,
  );
  const lines = source.split('\n').flatMap((text, line) => (declares.test(text) ? [{ text, line }] : []));
  const found = lines.findLast(({ line }) => line <= seenAt.line) ?? lines[0];
  return found === undefined ? undefined : { line: found.line, column: found.text.indexOf(variable) };
};

/** V8 counts columns in UTF-16 units, as JavaScript does. */
const offsetOf = (source: string, { line, column }: TextPosition): number => {
  let start = 0;
  for (let i = 0; i < line; i++) {
    const end = source.indexOf('\n', start);
    if (end === -1) break;
    start = end + 1;
  }
  return start + column;
};

const collect = (node: AnyNode, scope: AnyNode, variable: string, found: Declaration[]): void => {
  const inner = opensScope(node.type) ? node : scope;
  const add = (names: readonly string[], { start, end }: AnyNode): void => {
    if (names.includes(variable)) found.push({ at: startOf(node), start, end });
  };
  add(namesOf(node), scope);
  add(
    parametersOf(node).map(({ name }) => name),
    inner,
  );
  for (const child of childrenOf(node)) collect(child, inner, variable, found);
};

/** The names that a syntax node declares in its scope: variables, functions, classes, imports. */
export const namesOf = (node: AnyNode): string[] => declaredBy(node).map(({ name }) => name);
