/**
 * What the tools of `memwatch mcp` have in common: each is a command of memwatch. In: the inputs from an agent. Out:
 * the command's arguments, and the next step after its document, in words.
 */

import { resolve } from 'node:path';
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
  /** `folder`: where the tool's files are. */
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

interface Place {
  readonly file: string;
  readonly line: number;
}
/** Within memwatch's own words, names from the program stand only if they can be nothing but a path. */
const placeOf = (place: unknown): string | undefined => {
  const { file, line } = (place ?? {}) as Partial<Place>;
  return file !== undefined && /^[\w@%+=:,./\\-]{1,300}$/.test(file) ? `${file}:${line}` : undefined;
};
export const listOf = (document: Document, key: string): readonly Document[] => {
  const list = document[key];
  return Array.isArray(list) ? (list as Document[]) : [];
};

/** The next step after a verdict: the line in the source. */
export const afterLeaks = (document: Document): string => {
  const [finding] = listOf(document, 'findings');
  if (document['verdict'] === 'clean') return 'This evidence shows no leak; notLooked lists what was not checked.';
  if (finding === undefined) return 'No verdict: take more snapshots, and let the program work between them.';
  const { id } = (finding['container'] ?? {}) as { id?: number };
  const place = placeOf(finding['location']);
  const look = id === undefined ? '' : ` heap with id @${id} and the last snapshot shows what the container holds.`;
  if (place === undefined && finding['location'])
    return `findings[0].location is the place in the source that owns what grows.${look}`;
  if (place === undefined) return `findings[0].path shows what grows; its line is not known.${look}`;
  return `Read ${place} in the source: this code owns what grows. findings[0].allocationSites and growthSites name the lines that add to it.${look}`;
};

export const afterCosts = (document: Document): string => {
  const [top] = listOf(document, 'functions');
  if (top === undefined) return 'The profile contains no functions.';
  const place = top['file'] === null ? 'native code: ask for its callers' : `at ${placeOf(top) ?? 'functions[0].file'}`;
  return `The first function is ${place}. Call this again with callers set to its name to see what calls it.`;
};

export const costInputs = {
  filter: text('only functions whose name or file contains this'),
  callers: text('the callers of this function'),
  type: text('one of types in the result: which kind of values to show'),
};
