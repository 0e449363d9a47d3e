/**
 * The lines of one function that is counted. In: nodes of its tree. Out: their lines in the file that the user wrote, and
 * the number of each line's counter.
 */
import type { AnyNode } from '../../source/syntax.js';
import { positionOf, type FunctionNode } from './functions.js';
import type { OriginalSource } from './original.js';
import { lastPosition } from './statements.js';

/** What the counters learn about a function when its file runs. */
export interface FunctionTable {
  readonly name: string;
  /** The file that the user wrote. */
  readonly file: string;
  readonly firstLine: number;
  /** For each counter: the line it counts. */
  readonly lines: readonly number[];
  /** The text of the lines from `firstLine` on. */
  readonly source: readonly string[];
}

export type Line = number | undefined;

export class LineNumbers {
  readonly #source: OriginalSource;
  readonly #file: string;
  readonly #lines: number[];

  /** `lines`: the line of each counter, to which new ones are added. */
  constructor(source: OriginalSource, file: string, lines: number[]) {
    this.#source = source;
    this.#file = file;
    this.#lines = lines;
  }

  /** The number of the counter of a line. */
  key(line: number): number {
    const known = this.#lines.indexOf(line);
    return known === -1 ? this.#lines.push(line) - 1 : known;
  }

  firstOf(node: FunctionNode): number {
    const place = this.#source.at(positionOf(node));
    return place?.file === this.#file ? place.line : (this.of(node) ?? node.loc?.start.line ?? 1);
  }

  /** The line in the function's file on which a node begins; undefined for code that a compiler added. */
  of(node: AnyNode | undefined): Line {
    const place = this.#source.at(node?.loc?.start);
    return place?.file === this.#file ? place.line : undefined;
  }

  /** Whether a node begins and ends on one line. */
  isOne(node: AnyNode): boolean {
    if (node.loc == null) return false;
    const last = this.#source.at(lastPosition(node));
    return last !== undefined && last.line === this.of(node);
  }
}
