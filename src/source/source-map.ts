/**
 * Source maps: the one file that knows @jridgewell/trace-mapping. In: the text of a map and the addresses of the script and
 * of the map. Out: places in the files that the script was compiled from.
 */
import {
  decodedMappings,
  originalPositionFor,
  sourceContentFor,
  TraceMap,
  traceSegment,
} from '@jridgewell/trace-mapping';
import { fileOf } from './file-address.js';

export interface Original {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 0-based. */
  readonly column: number;
  /** The name before a compiler renamed it, if the map says so. */
  readonly name: string | undefined;
}

/** If a compiler joined the statements of at most this many lines on one line, that line still stands for the first of them. */
const maxLinesOnOne = 8;

/** undefined for a broken map; the places in the code that ran are still right. */
export const readSourceMap = (text: string, scriptUrl: string, mapUrl?: string): SourceMap | undefined => {
  const isInline = mapUrl === undefined || mapUrl.startsWith('data:');
  try {
    return new SourceMap(new TraceMap(text, isInline ? scriptUrl : resolveUrl(mapUrl, scriptUrl)));
  } catch {
    return undefined;
  }
};

export class SourceMap {
  /** The files that the script was compiled from. */
  readonly files: readonly string[];

  constructor(private readonly map: TraceMap) {
    this.files = map.resolvedSources.map((source) => fileOf(source ?? ''));
  }

  /** The original of a position (line from 1, column from 0), by the last mark at or before it on its line. */
  at(line: number, column: number): Original | undefined {
    return this.find(line, column, 1);
  }

  /** The same, or by the first mark after it: V8's start of a function may lie before the compiler's. */
  near(line: number, column: number): Original | undefined {
    return this.find(line, column, 1) ?? this.find(line, column, -1);
  }

  /** Whether the source map has a mark at exactly this position. */
  isMarked(line: number, column: number): boolean {
    return traceSegment(this.map, line - 1, column)?.[0] === column;
  }

  /** Whether the compiler may have renamed anything. */
  get hasNames(): boolean {
    return this.map.names.length > 0;
  }

  /** The name that what stands at exactly this position had before a compiler renamed it, if the map says so. */
  nameAt(line: number, column: number): string | undefined {
    const segment = traceSegment(this.map, line - 1, column);
    const name: unknown = segment?.length === 5 && segment[0] === column ? this.map.names[segment[4]] : undefined;
    return typeof name === 'string' && name !== '' ? name : undefined; // a map may hold anything
  }

  /** The first original line of a whole line; undefined if the line stands for many, as a minified one does. */
  atLine(line: number): Pick<Original, 'file' | 'line'> | undefined {
    let source: number | undefined;
    let first = Infinity;
    let last = -1;
    for (const segment of decodedMappings(this.map)[line - 1] ?? []) {
      if (segment.length === 1) continue;
      if (source !== undefined && source !== segment[1]) return undefined;
      source = segment[1];
      first = Math.min(first, segment[2]);
      last = Math.max(last, segment[2]);
    }
    if (source === undefined || last - first >= maxLinesOnOne) return undefined;
    return { file: this.files[source] ?? '', line: first + 1 };
  }

  /** The text of one of its files, if the map contains it. */
  textOf(file: string): string | undefined {
    const source = this.map.resolvedSources[this.files.indexOf(file)];
    return source === undefined || source === null ? undefined : (sourceContentFor(this.map, source) ?? undefined);
  }

  private find(line: number, column: number, bias: 1 | -1): Original | undefined {
    const found = originalPositionFor(this.map, { line, column, bias });
    if (found.source === null) return undefined;
    return { file: fileOf(found.source), line: found.line, column: found.column, name: found.name ?? undefined };
  }
}

const resolveUrl = (url: string, base: string): string => {
  try {
    return new URL(url, base.startsWith('/') ? `file://${base}` : base).href;
  } catch {
    return base;
  }
};
