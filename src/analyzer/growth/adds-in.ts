/**
 * Which lines keep what a function allocates. In: functions that allocate, each with its callers, and the scripts with their
 * source maps. Out: the lines that add to something that lasts, in the source that the user wrote: of the function itself,
 * or of the nearest caller that has any.
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
  const lines = new Map<string, CodePlace[]>();
  for (const script of scripts.scripts) addLines(script, scripts, wanted, lines);
  return stacks.map((stack) => {
    const found = stack.map((place) => lines.get(formatPlace(place)) ?? []).find(({ length }) => length > 0);
    return (found ?? []).slice(0, mostLines);
  });
};

/** Adds to `lines`, by the place of the function. */
const addLines = (
  script: Script,
  scripts: ScriptsTable,
  wanted: ReadonlyMap<string, CodePlace>,
  lines: Map<string, CodePlace[]>,
): void => {
  const locator = createLocator(scripts);
  const placeOf = ({ line, column }: TextPosition): Location | undefined =>
    locator.atPosition(script.id, script.url, line, column);
  const wantedOf = (beginnings: readonly TextPosition[]): CodePlace | undefined =>
    beginnings
      .map(placeOf)
      .map((place) => (place === undefined ? undefined : wanted.get(formatPlace(place))))
      .find((place) => place !== undefined);
  const additions = findLastingAdditions(script.source ?? '', (beginnings) => wantedOf(beginnings) !== undefined);
  for (const addition of additions) {
    const [within, at] = [wantedOf(addition.within), placeOf(addition)];
    if (within === undefined || at === undefined) continue;
    const known = lines.get(formatPlace(within)) ?? [];
    const isKnown = known.some((one) => formatPlace(one) === formatPlace(at));
    if (!isKnown)
      lines.set(formatPlace(within), [...known, { function: within.function, file: at.file, line: at.line }]);
  }
};
