/**
 * What the tools of `memwatch mcp` have in common: each is a command of memwatch. In: the inputs from an agent. Out:
 * the command's arguments, and the next step after its document, in words.
 */

import { resolve } from 'node:path';
import { fieldsOf } from '../../analyzer/formats/shape.js';
import { cannotRead, MemwatchError } from '../../errors.js';
import { requireRegularFile } from '../../input.js';
import { isCapture } from '../profile-file.js';

/** JSON Schema of one input. */
export interface InputSchema {
  readonly type: 'string' | 'integer' | 'array';
  readonly description: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: { readonly type: 'string' };
}

export type Inputs = Readonly<Record<string, unknown>>;
export type Document = Readonly<Record<string, unknown>>;

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Set if the tool attaches to a process: what that costs the process. */
  readonly price?: string;
  readonly inputs: Readonly<Record<string, InputSchema>>;
  readonly required: readonly string[];
  /** `memwatch/heap@1`. */
  readonly schema: string;
  /** The lists of the document that are cut into pages. */
  readonly lists: readonly string[];
  /** The command line; `folder` is for files that the tool writes. */
  argv(inputs: Inputs, folder: string): string[];
  /**
   * What to do next, in memwatch's own words. It names fields of the document and never repeats their texts, which come from the
   * inspected program. `folder`: where the tool's files are.
   */
  next(document: Document, folder: string): string;
}

export const text = (description: string): InputSchema => ({ type: 'string', description });
export const files = (description: string, minItems: number): InputSchema => ({
  type: 'array',
  items: { type: 'string' },
  minItems,
  description,
});
export const processId: InputSchema = { type: 'integer', minimum: 1, description: 'process id, from list_processes' };
export const seconds = (description: string): InputSchema => ({
  type: 'integer',
  minimum: 1,
  maximum: 120,
  description,
});

/**
 * The absolute path of a file, which no command takes for an option. A command takes a word that is no capture for a process,
 * and attaches to it: such words are refused here. Throws `cannot-read`, `not-this-format`.
 */
export const fileName = (value: unknown): string => {
  const path = resolve(String(value));
  try {
    requireRegularFile(path);
  } catch (cause) {
    throw cannotRead(path, cause);
  }
  if (isCapture(path)) return path;
  throw new MemwatchError('not-this-format', `${path} is a script, not a capture`);
};
export const fileNames = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(fileName);
/** `--name=value` for the inputs that were given. */
export const options = (inputs: Inputs, ...names: readonly string[]): string[] =>
  names.flatMap((name) => (inputs[name] === undefined ? [] : [`--${name}=${String(inputs[name])}`]));

export const listOf = (document: Document, key: string): readonly Document[] => {
  const list = document[key];
  return Array.isArray(list) ? (list as Document[]) : [];
};

/** ` heap with id @123 …`, or nothing: an id is a number, so it can contain no text of the program. */
const lookAt = (id: unknown, what: string): string =>
  Number.isSafeInteger(id) ? ` heap with id @${String(id)} ${what}` : '';

/** The next step after a verdict: the line in the source. */
export const afterLeaks = (document: Document): string => {
  const [finding] = listOf(document, 'findings');
  if (document['verdict'] === 'clean') return 'This evidence shows no leak; notLooked lists what was not checked.';
  if (finding === undefined) return 'No verdict: take more snapshots, and let the program work between them.';
  const { id } = fieldsOf(finding['container']);
  const look = lookAt(id, 'and the last snapshot shows what the container holds.');
  if (!finding['location']) return `findings[0].path shows what grows; its line is not known.${look}`;
  return `Read the file and line of findings[0].location: the code there owns what grows. allocationSites and growthSites of the same finding name the lines that add to it.${look}`;
};

export const afterHeap = (document: Document): string => {
  const [biggest] = listOf(document, 'dominators');
  if (biggest === undefined) return 'The snapshot contains no such object.';
  return `The first object of dominators is the largest.${lookAt(biggest['id'], 'shows what holds it and what it holds.')} A large object is not necessarily a leak: find_leaks compares several snapshots.`;
};

export const afterCosts = (document: Document): string => {
  const [top] = listOf(document, 'functions');
  if (top === undefined) return 'The profile contains no functions.';
  const place = top['file'] === null ? 'is native code' : 'has its file and line beside its name';
  return `functions[0] costs the most and ${place}. Call this again with callers set to its name to see what calls it.`;
};

export const costInputs = {
  filter: text('only functions whose name or file contains this'),
  callers: text('the callers of this function'),
  type: text('one of types in the result: which kind of values to show'),
};
