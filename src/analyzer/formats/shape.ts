/**
 * Checks that a value from outside has the shape that a type requires. In: a value, and its name for messages. Out: the
 * value with its type, the same one unless a shape fills something in; `broken-file` names the first wrong field.
 * Additional fields of a record are ignored.
 */
import { MemwatchError } from '../../errors.js';

export type Shape<T> = (value: unknown, at: string) => T;

/** The error for a value at `at` that is not what it must be. */
const wrong = (at: string, what: string): MemwatchError => new MemwatchError('broken-file', `${at} is not ${what}`);

const primitive =
  <T>(type: string, what: string): Shape<T> =>
  (value, at) => {
    if (typeof value !== type) throw wrong(at, what);
    return value as T;
  };

export const text: Shape<string> = primitive('string', 'a text');
export const number: Shape<number> = primitive('number', 'a number');
export const flag: Shape<boolean> = primitive('boolean', 'true or false');

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of an object, none of them checked; no fields if it is no object. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});

export const oneOf =
  <const Word extends string>(...words: readonly Word[]): Shape<Word> =>
  (value, at) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw wrong(at, words.map((word) => `"${word}"`).join(' or '));
    return found;
  };

export const nullOr =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value, at) =>
    value === null ? null : shape(value, at);

export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value, at) =>
    value === undefined ? undefined : shape(value, at);

/** For files of other tools, which leave out what they do not know, or write null: the reader has to expect that. */
export const orNothing =
  <T>(shape: Shape<T>): Shape<T> =>
  (value, at) =>
    value === undefined || value === null ? (value as T) : shape(value, at);

/** Any object; its fields are checked by whoever reads them. */
export const object = <T extends object>(value: unknown, at: string): T => {
  if (!isRecord(value)) throw wrong(at, 'an object');
  return value as T;
};

export const list =
  <T>(shape: Shape<T>): Shape<readonly T[]> =>
  (value, at) => {
    if (!Array.isArray(value)) throw wrong(at, 'a list');
    let read: unknown[] = value; // a copy only if something is filled in: lists have millions of entries
    for (let i = 0; i < value.length; i++) {
      const one = checkedAt(shape, value[i], at, i);
      if (one !== value[i] && read === value) read = [...(value as unknown[])];
      if (one !== value[i]) read[i] = one;
    }
    return read as T[];
  };

/** The name of an entry is made only for an error. */
const checkedAt = <T>(shape: Shape<T>, value: unknown, at: string, index: number): T => {
  try {
    return shape(value, at);
  } catch {
    return shape(value, `${at}[${index}]`);
  }
};

/** A check for each field of a type: forgetting one does not compile. */
export type Fields<T> = { readonly [Key in keyof T]-?: Shape<T[Key]> };

export const record =
  <T extends object>(fields: Fields<T>): Shape<T> =>
  (value, at) => {
    if (!isRecord(value)) throw wrong(at, 'an object');
    let read = value;
    for (const [key, shape] of Object.entries<Shape<unknown>>(fields)) {
      const field = shape(value[key], at === '' ? key : `${at}.${key}`);
      if (field !== value[key]) read = { ...read, [key]: field };
    }
    return read as T;
  };
