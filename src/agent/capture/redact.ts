/**
 * Takes secrets out of a heap snapshot as it passes. In: V8's text, in pieces of any size. Out: the same text, in which the
 * contents of strings and regular expressions are replaced, each by a salted hash of the same length, so that equal ones
 * stay equal and every analysis finds the same. Names of classes, functions, properties, variables and files stay; so does
 * a text that is also such a name, because V8 stores both as one.
 *
 * V8 writes `"nodes"` and `"edges"` before `"strings"`: the numbers show which strings are contents. The first ones are kept back
 * until V8's name for the description of a scope has come, because it lists variables that nothing else names.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { MemwatchError } from '../../errors.js';
import { RedactionMarks, type SnapshotMeta } from './redact-marks.js';

/** `all` also replaces the names of properties that are numbers, such as an account number that is a key. */
export type Redaction = 'strings' | 'all';

export interface Redactor {
  /** Returns what may be written; a string that is not complete yet is kept back. */
  push(text: string): string;
  /** Throws target-error if the text was not a whole snapshot, so that nothing of it may be kept. */
  finish(): void;
}

/** A snapshot whose header is longer than this is not V8's. */
const mostHeaderChars = 1 << 20;

/** One for all snapshots of a run, so that a string is the same in all of them; never stored. */
const salt = randomBytes(16);

export const createRedactor = (redaction: Redaction): Redactor => {
  let header = '';
  let marks: RedactionMarks | undefined;
  let strings: StringsPart | undefined;
  const takeNumbers = (known: RedactionMarks, text: string): string => {
    const end = known.push(text);
    if (end === -1) return text;
    strings = new StringsPart(known, redaction);
    return text.slice(0, end) + strings.push(text.slice(end));
  };
  return {
    push: (text) => {
      if (strings !== undefined) return strings.push(text);
      if (marks !== undefined) return takeNumbers(marks, text);
      header += text;
      const end = header.search(headerEnd);
      if (end === -1 && header.length <= mostHeaderChars) return '';
      marks = readMarks(header.slice(0, end));
      return header.slice(0, end) + takeNumbers(marks, header.slice(end));
    },
    finish: () => {
      if (strings?.isComplete() !== true) throw cannotRedact();
    },
  };
};

const cannotRedact = (): MemwatchError =>
  new MemwatchError(
    'target-error',
    'the secrets of this snapshot cannot be left out: it is not written as V8 writes it',
    {
      hint: 'nothing was kept; report the Node version of the target',
    },
  );

const headerEnd = /,\s*"nodes"\s*:\s*\[/;

const readMarks = (header: string): RedactionMarks => {
  try {
    const { snapshot } = JSON.parse(`${header}}`) as { snapshot: { meta: SnapshotMeta } };
    return new RedactionMarks(snapshot.meta);
  } catch {
    throw cannotRedact();
  }
};

/** V8's own names come first. What is not known by then counts as contents. */
const mostHeld = 200_000;

/** From the first character after `"strings":[` to the end of the file. */
class StringsPart {
  private index = 0;
  /** The string so far, as it is written, without its quotes; undefined between strings. */
  private open: string | undefined;
  private ended = false;
  private out = '';
  /** What is to be written as soon as it is known which strings are names of variables; undefined from then on. */
  private held: (() => string)[] | undefined = [];

  constructor(
    private readonly marks: RedactionMarks,
    private readonly redaction: Redaction,
  ) {}

  push(text: string): string {
    this.out = '';
    for (let p = 0; p < text.length;)
      p = this.open === undefined ? this.takeBetween(text, p) : this.takeString(text, p, this.open);
    return this.out;
  }

  isComplete(): boolean {
    return this.ended && this.open === undefined;
  }

  private takeBetween(text: string, from: number): number {
    const quote = this.ended ? -1 : text.indexOf('"', from);
    const end = quote === -1 ? text.length : quote + 1;
    const between = text.slice(from, end);
    this.ended ||= between.includes(']');
    if (quote !== -1) this.open = '';
    this.write(() => between);
    if (this.ended) this.release();
    return end;
  }

  private takeString(text: string, from: number, before: string): number {
    const end = endOfString(text, from, before);
    const raw = before + text.slice(from, end === -1 ? text.length : end);
    this.open = end === -1 ? raw : undefined;
    if (end === -1) return text.length;
    const index = this.index++;
    this.write(() => `${redacted(raw, this.marks, index, this.redaction)}"`);
    if (raw === 'system / ScopeInfo') {
      this.marks.describesScopes(index);
      this.release();
    }
    return end + 1;
  }

  private write(text: () => string): void {
    if (this.held === undefined) this.out += text();
    else if (this.held.push(text) > mostHeld) this.release();
  }

  private release(): void {
    for (const text of this.held ?? []) this.out += text();
    this.held = undefined;
  }
}

/** The position of the quote that ends a string, of which `before` was read; -1 if it is not in this text. */
const endOfString = (text: string, from: number, before: string): number => {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (charBefore(text, from, before, quote - backslashes) === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return -1;
};

const charBefore = (text: string, from: number, before: string, position: number): string | undefined =>
  position > from ? text[position - 1] : before.at(position - from - 1);

/** Takes and returns a string as JSON writes it, without its quotes. */
const redacted = (raw: string, marks: RedactionMarks, index: number, redaction: Redaction): string => {
  if (marks.isContent(index)) return hashOf(raw);
  if (marks.isWeakMapEntry(index))
    return raw.replace(weakMapValue, (_, key, value, table) => key + hashOf(value) + table);
  return redaction === 'all' && numeric.test(raw) && marks.isProperty(index) ? hashOf(raw) : raw;
};

/** V8 names the entry of a WeakMap after its key and its value, which may be a string, and cuts long names. */
const weakMapValue = /^(\d+ \/ part of key \(.*? -> value \()(.*?)( @\d+\) pair in WeakMap \(table @\d+\)|)$/s;
const numeric = /^[-+]?\d[\d.]*(e[-+]?\d+)?$/i;

/** As long as the text, and with letters as wide, because analyses read the length and the width of strings. */
const hashOf = (raw: string): string => {
  const text = textOf(raw);
  if (text === '') return '';
  const hash = `#${createHmac('sha256', salt).update(text).digest('hex').slice(0, 12)}`;
  const isWide = /[^\0-\xff]/.test(text);
  const filler = isWide ? '\\u2026' : '.';
  const start = hash.slice(0, isWide ? text.length - 1 : text.length);
  return start + filler.repeat(text.length - start.length);
};

const textOf = (raw: string): string => {
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    throw cannotRedact();
  }
};
