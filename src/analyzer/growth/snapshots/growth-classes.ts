/**
 * The classes by which growth is counted, over several snapshots: one number for a class in all of them. Strings, numbers
 * and V8's own stores are one class each, whatever they hold. In: nodes. Out: class numbers.
 */
import { nodeTypes, type HeapGraph, type NodeTypeName } from '../../model/heap-graph.js';

const typeNumber = (name: NodeTypeName): number => nodeTypes.indexOf(name);
export const types = {
  hidden: typeNumber('hidden'),
  array: typeNumber('array'),
  string: typeNumber('string'),
  object: typeNumber('object'),
  code: typeNumber('code'),
  closure: typeNumber('closure'),
  regexp: typeNumber('regexp'),
  number: typeNumber('number'),
  native: typeNumber('native'),
  synthetic: typeNumber('synthetic'),
  concatenatedString: typeNumber('concatenated string'),
  slicedString: typeNumber('sliced string'),
  symbol: typeNumber('symbol'),
  bigint: typeNumber('bigint'),
  objectShape: typeNumber('object shape'),
} as const;

/** V8's own records that a program's actions create one by one: waiting promises, registered finalizers. */
const hiddenThatCount = new Set([
  'system / PromiseReaction',
  'system / WeakCell',
  'system / AsyncGeneratorRequest',
  'system / Context',
  'system / JSProxy',
]);

/** Classes that reflect what the program does. Code, hidden classes and stores come and go at V8's discretion. */
const counts = (type: number, name: string): boolean => {
  if (type === types.hidden) return hiddenThatCount.has(name);
  return type !== types.array && type !== types.code && type !== types.objectShape && type !== types.synthetic;
};

/** Classes whose objects can be large by themselves. */
const withSize = new Set(['(string)', '(concatenated string)', 'system / JSArrayBufferData']);

export interface GrowthClasses {
  /** The number of a node's class. */
  of(graph: HeapGraph, node: number): number;
  nameOf(classNumber: number): string;
  /** Whether more objects of this class are a sign of growth by themselves. */
  isEvidence(classNumber: number): boolean;
  /** Whether a single object of this class can be large: a string, the bytes of a buffer. */
  hasSize(classNumber: number): boolean;
}

export const createGrowthClasses = (): GrowthClasses => {
  const numbers = new Map<string, number>();
  const names: string[] = [];
  const evidence: boolean[] = [];
  const memos = new WeakMap<HeapGraph, Map<number, number>>();
  const lookUp = (type: number, name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, names.length);
    evidence.push(counts(type, name));
    return names.push(name) - 1;
  };
  return {
    of(graph, node) {
      const type = graph.nodeType[node];
      const memo = memos.get(graph) ?? new Map<number, number>();
      memos.set(graph, memo);
      const key = type === types.string ? -1 : type + graph.nodeName[node] * nodeTypes.length;
      const known = memo.get(key);
      if (known !== undefined) return known;
      const number = lookUp(type, className(type, graph.strings.get(graph.nodeName[node])));
      memo.set(key, number);
      return number;
    },
    nameOf: (number) => names[number] ?? '',
    isEvidence: (number) => evidence[number] ?? false,
    hasSize: (number) => withSize.has(names[number] ?? ''),
  };
};

/** Strings, numbers and V8's own classes, which `className` writes in brackets: their names say least. */
export const isNameless = (name: string): boolean => name.startsWith('(') && !name.endsWith('()');

/** A class's name as reports write it: `Session`, `handler()`, `(string)`. */
export const className = (type: number, name: string): string => {
  if (type === types.string || type === types.slicedString) return '(string)';
  if (type === types.concatenatedString) return '(concatenated string)';
  if (type === types.closure) return `${name === '' ? '(anonymous)' : name}()`;
  if (type === types.array) return '(backing store)';
  if (type === types.code) return '(code)';
  if (type === types.objectShape) return '(object shape)';
  if (type === types.number) return '(number)';
  if (type === types.bigint) return '(bigint)';
  if (type === types.symbol) return '(symbol)';
  if (type === types.regexp) return 'RegExp';
  // V8 adds the address of a page to the name of its global object, up to Node 20 also if there is none
  return name.endsWith(' / ') ? name.slice(0, -3) : name;
};
