/**
 * Where the functions of a script begin and end. A profile says only where they begin; the end shows whether a line belongs
 * to a function. In: the text of a script. Out: a lookup of its functions by position or by offsets.
 */
import { childrenOf, tryParse, type AnyNode, type MethodDefinition, type Property } from '../../source/syntax.js';

/** A function of one script; the script itself is function 0. */
export interface FunctionRange {
  readonly index: number;
  readonly isClass: boolean;
  readonly start: number;
  readonly end: number;
  /** 1-based. */
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface FunctionRanges {
  /** The function that begins at this 0-based position for V8, which is the parenthesis of its parameters. */
  at(line: number, column: number): FunctionRange;
  /** The function that V8's coverage reports with these offsets; undefined for code that is not a function of the source. */
  between(start: number, end: number): FunctionRange | undefined;
  /** The 0-based position of an offset. */
  positionOf(offset: number): { line: number; column: number };
}

/** undefined for a text that acorn cannot parse as JavaScript. */
export const readFunctionRanges = (source: string): FunctionRanges | undefined => {
  const program = tryParse(source);
  if (program === undefined) return undefined;
  const lineStarts = computeLineStarts(source);
  const positionOf = (offset: number): { line: number; column: number } => {
    const line = lastAtOrBefore(lineStarts, offset);
    return { line, column: offset - (lineStarts[line] ?? 0) };
  };
  const ranges: FunctionRange[] = [];
  const add = (start: number, end: number, isClass: boolean): void => {
    const lines = { firstLine: positionOf(start).line + 1, lastLine: positionOf(Math.max(start, end - 1)).line + 1 };
    ranges.push({ index: ranges.length, isClass, start, end, ...lines });
  };
  add(0, source.length, false);
  for (const { start, end, isClass } of findFunctions(program)) add(start, end, isClass);
  const starts = ranges.map((range) => range.start);
  const innermost = (offset: number, end?: number): FunctionRange | undefined => {
    for (let i = lastAtOrBefore(starts, offset); i >= 0; i--) {
      const range = ranges[i];
      if (range !== undefined && offset < range.end && (end === undefined || range.end === end)) return range;
    }
    return undefined;
  };
  const [script] = ranges;
  if (script === undefined) return undefined;
  return {
    at: (line, column) => {
      const offset = (lineStarts[line] ?? source.length) + column;
      return offset === 0 ? script : (innermost(offset) ?? script);
    },
    between: (start, end) => (start === 0 && end === source.length ? script : innermost(start, end)),
    positionOf,
  };
};

const isFunction = (type: string): boolean => /^(Function|ArrowFunction|Class)(Declaration|Expression)$/.test(type);

interface FoundFunction {
  readonly start: number;
  readonly end: number;
  readonly isClass: boolean;
}

/** Functions and classes by start, outer ones first. For V8, a method begins at its key, not at its parenthesis. */
const findFunctions = (program: AnyNode): FoundFunction[] => {
  const found: FoundFunction[] = [];
  const open = [program]; // not recursive: sources may nest deeply
  const bodies = new Set<unknown>();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isMethod(node)) bodies.add(node.value);
    if (isMethod(node) || (isFunction(node.type) && !bodies.has(node)))
      found.push({ start: node.start, end: node.end, isClass: node.type.startsWith('Class') });
    for (const child of childrenOf(node)) open.push(child);
  }
  return found.sort((a, b) => a.start - b.start || b.end - a.end);
};

const isMethod = (node: AnyNode): node is MethodDefinition | Property =>
  node.type === 'MethodDefinition' || (node.type === 'Property' && (node.method || node.kind !== 'init'));

/** Offsets at which lines start, with V8's definition of a line end. */
export const computeLineStarts = (source: string): number[] => {
  const starts = [0];
  for (const end of source.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(end.index + end[0].length);
  return starts;
};

/** The last index whose value is at or before the wanted one, in increasing values that start at 0. */
const lastAtOrBefore = (values: readonly number[], wanted: number): number => {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] ?? 0) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
};
