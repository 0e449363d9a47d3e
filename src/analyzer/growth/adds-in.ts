/**
 * Which lines keep what a function allocates. In: functions that allocate, each with its callers, and the scripts with their
 * source maps. Out: the lines that add to something that lasts, in the source that the user wrote: of the function itself,
 * or of the nearest caller that has any; if nothing is added, the lines where the nearest of them waits.
 */
import { createLocator, formatPlace, type Location } from '../model/location.js';
import type { Script, ScriptsTable } from '../model/scripts.js';
import type { CodePlace } from '../model/why.js';
import { findLastingAdditions } from './code/lasting-additions.js';
import type { TextPosition } from './code/declarations.js';

/** More lines than this show nothing. */
const mostLines = 5;

/** For each stack of functions (where they begin, the innermost first) its lines. */
export const findAddsIn = (stacks: readonly (readonly CodePlace[])[], scripts: ScriptsTable): CodePlace[][] => {
  const wanted = new Map(stacks.flat().map((place) => [formatPlace(place), place]));
  const lines: Lines = { additions: new Map(), waits: new Map() };
  for (const script of scripts.scripts) addLines(script, scripts, wanted, lines);
  const ofNearest = (stack: readonly CodePlace[], known: Lines[keyof Lines]): CodePlace[] | undefined =>
    stack.map((place) => known.get(formatPlace(place)) ?? []).find(({ length }) => length > 0);
  return stacks.map((stack) =>
    (ofNearest(stack, lines.additions) ?? ofNearest(stack, lines.waits) ?? []).slice(0, mostLines),
  );
};

/** By the place of the function. */
interface Lines {
  readonly additions: Map<string, CodePlace[]>;
  readonly waits: Map<string, CodePlace[]>;
}

/** Adds those of one script. */
const addLines = (
  script: Script,
  scripts: ScriptsTable,
  wanted: ReadonlyMap<string, CodePlace>,
  { additions, waits }: Lines,
): void => {
  const locator = createLocator(scripts);
  const placeOf = ({ line, column }: TextPosition): Location | undefined =>
    locator.atPosition(script.id, script.url, line, column);
  const wantedOf = (beginnings: readonly TextPosition[]): CodePlace | undefined =>
    beginnings
      .map(placeOf)
      .map((place) => (place === undefined ? undefined : wanted.get(formatPlace(place))))
      .find((place) => place !== undefined);
  const found = findLastingAdditions(script.source ?? '', (beginnings) => wantedOf(beginnings) !== undefined);
  for (const one of found) {
    const [within, at] = [wantedOf(one.within), placeOf(one)];
    if (within === undefined || at === undefined) continue;
    const lines = one.isWait ? waits : additions;
    const known = lines.get(formatPlace(within)) ?? [];
    const isKnown = known.some((line) => formatPlace(line) === formatPlace(at));
    if (!isKnown)
      lines.set(formatPlace(within), [...known, { function: within.function, file: at.file, line: at.line }]);
  }
};
