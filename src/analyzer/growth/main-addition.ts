/**
 * Which of several lines that add to a container adds most: its function is on the stacks of the allocations that stayed. In:
 * a finding, sampled allocations that belong to it, the texts of scripts. Out: the finding at that line. If none of its lines
 * was seen: at the first of them if one function holds them all, otherwise unchanged.
 */
import type { AddingLine, Finding } from '../model/finding.js';
import { groupBy } from '../model/group-by.js';
import { formatPlace, type Location, type Locator } from '../model/location.js';
import { isProgramFile } from '../model/scripts.js';
import type { SurvivorFrame, SurvivorSite } from '../model/survivors.js';
import { findLastingAdditions } from './code/lasting-additions.js';

/** The text that V8 runs, by script id and address; undefined if it is not available. */
export type SourceOf = (scriptId: string, url: string) => string | undefined;

export interface Code {
  readonly locator: Locator;
  readonly sourceOf: SourceOf;
}

export const withMainAddition = <F extends Finding>(finding: F, sites: readonly SurvivorSite[], code: Code): F => {
  const { additions = [], location } = finding;
  const [first] = additions;
  if (first === undefined) return finding;
  const linesOf = createLines(additions, sites, code);
  const bytes = new Map<AddingLine, number>();
  for (const site of sites)
    for (const line of linesOf(site.stack)) bytes.set(line, (bytes.get(line) ?? 0) + site.bytes);
  const isOneFunction = additions.every((line) => isSameLine(line.function ?? undefined, first.function));
  // in the order of the text, which decides between lines of one function
  const candidates = isOneFunction ? additions : additions.filter((line) => bytes.has(line));
  const [most] = candidates.toSorted((a, b) => (bytes.get(b) ?? 0) - (bytes.get(a) ?? 0));
  if (most === undefined) return finding;
  return { ...finding, location: most.location, reasons: [...finding.reasons, ...renderHolder(location)] };
};

/** Where the code is that owns the container, if another line is the place of the finding. */
export const renderHolder = (location: Location | null): string[] =>
  location === null ? [] : [`what holds it is declared at ${formatPlace(location)}`];

type Lines = (stack: readonly SurvivorFrame[]) => readonly AddingLine[];

/** The lines of the innermost function that has any. V8 names the caller of a function that it has inlined. */
const createLines = (additions: readonly AddingLine[], sites: readonly SurvivorSite[], code: Code): Lines => {
  const isOwn = (frame: SurvivorFrame, { function: within }: AddingLine): boolean =>
    isSameLine(placeOf(frame, code.locator), within);
  const called = calledBy(
    sites.flatMap(({ stack }) => stack),
    code,
  );
  const isCalled = (frame: SurvivorFrame, { location }: AddingLine): boolean =>
    called.get(keyOf(frame))?.some((at) => isSameLine(at, location)) === true;
  return (stack) =>
    stack
      .filter(isProgramFrame)
      .map((frame) => additions.filter((line) => isOwn(frame, line) || isCalled(frame, line)))
      .find(({ length }) => length > 0) ?? [];
};

/** For each function: the lines that add to something that lasts, in it or in functions of its script that it calls. */
const calledBy = (frames: readonly SurvivorFrame[], code: Code): Map<string, Location[]> => {
  const found = new Map<string, Location[]>();
  for (const [scriptId, ofScript] of groupBy(frames.filter(isProgramFrame), (frame) => frame.scriptId)) {
    const url = ofScript[0]?.url ?? '';
    const wanted = new Map(ofScript.map((frame) => [`${frame.line}:${frame.column}`, keyOf(frame)]));
    const keysOf = (beginnings: readonly { line: number; column: number }[]): string[] =>
      beginnings.flatMap(({ line, column }) => wanted.get(`${line}:${column}`) ?? []);
    const source = code.sourceOf(scriptId, url) ?? '';
    for (const one of findLastingAdditions(source, (beginnings) => keysOf(beginnings).length > 0)) {
      const at = code.locator.atPosition(Number(scriptId), url, one.line, one.column);
      if (at === undefined || one.isWait) continue;
      for (const key of keysOf(one.within)) found.set(key, [...(found.get(key) ?? []), at]);
    }
  }
  return found;
};

const keyOf = ({ scriptId, line, column }: SurvivorFrame): string => `${scriptId}:${line}:${column}`;

export const placeOf = ({ scriptId, url, line, column }: SurvivorFrame, locator: Locator): Location | undefined =>
  locator.atPosition(Number(scriptId), url, line, column);

export const isProgramFrame = ({ url }: SurvivorFrame): boolean => isProgramFile(url);

const isSameLine = (at: Location | undefined, other: Location | null): boolean =>
  at !== undefined && at.file === other?.file && at.line === other.line;
