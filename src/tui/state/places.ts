/**
 * From a row to the source lines that it stands for, and to one of them on the screen. The places of a finding, the
 * most important first: the line that `memwatch leaks` names, then lines that add to the container, then functions that
 * are retained again and again, then functions that allocate. Pure.
 */
import type { Finding, Owner } from '../../analyzer/model/finding.js';
import type { Location } from '../../analyzer/model/location.js';
import { isProgramFile } from '../../analyzer/model/scripts.js';
import { formatBytes, formatCount } from '../../report/units.js';
import type { Row } from './lists.js';
import { withStack, type State } from './state.js';
import { sourceView, type ListView, type SourceView } from './views.js';

/** A place of a finding, and what the program does there. */
export interface FindingPlace {
  readonly label: 'Leaks at' | 'Added at' | 'Keeps' | 'Made at';
  readonly place: Location;
  readonly about: string;
}

/** At most this many of a kind: the others contribute little. */
const mostOfAKind = 2;

export const placesOfFinding = (finding: Finding): FindingPlace[] => {
  const { location, owner, growthSites, keptFunctions, allocationSites } = finding;
  const leaks = location === null ? [] : [{ label: 'Leaks at', place: location, about: ownerText(owner) } as const];
  const added = growthSites.slice(0, mostOfAKind).flatMap(({ stack, count }): FindingPlace[] => {
    const frame = stack.find(({ file }) => isProgramFile(file)) ?? stack[0];
    if (frame === undefined) return [];
    const about = `by ${frame.function}, ${formatCount(count)} times while watched`;
    return [{ label: 'Added at', place: { file: frame.file, line: frame.line, column: 0 }, about }];
  });
  const kept = keptFunctions.map((code): FindingPlace => ({
    label: 'Keeps',
    place: { file: code.file, line: code.line, column: 0 },
    about: `${code.function}(), ${formatCount(code.countPerRound)} more of it a round`,
  }));
  const made = allocationSites.slice(0, mostOfAKind).map((site): FindingPlace => ({
    label: 'Made at',
    place: { file: site.file, line: site.line, column: 0 },
    about: `by ${site.function}, ${formatBytes(site.bytes)} survived (sampled)`,
  }));
  const places = distinct([...leaks, ...added, ...kept.slice(0, mostOfAKind), ...made]);
  return [
    ...places.filter(({ place }) => isProgramFile(place.file)),
    ...places.filter(({ place }) => !isProgramFile(place.file)),
  ];
};

/** A line is named once, with the first thing that is said about it. */
const distinct = (places: readonly FindingPlace[]): FindingPlace[] =>
  places.filter(
    ({ place: { file, line } }, at) =>
      places.findIndex(({ place }) => place.file === file && place.line === line) === at,
  );

const ownerText = (owner: Owner): string => {
  if (owner.kind === 'dependency') return `package ${owner.package} ${owner.version ?? ''}`.trimEnd();
  return { application: 'your code', node: 'Node.js itself', unknown: '' }[owner.kind];
};

/** Which of a finding's places is marked in the list: the first, until `p` moves to the next. */
export const chosenPlace = (view: ListView, finding: Finding): number =>
  view.place?.rank === finding.rank ? view.place.chosen : 0;

/** The place that a row refers to; undefined if none is known. */
export const placeOfRow = (row: Row | undefined): Location | undefined => {
  if (row === undefined) return undefined;
  if (row.kind === 'finding') return placesOfFinding(row.finding)[0]?.place;
  return 'place' in row ? row.place : undefined;
};

/** Shows a place in the Lines tab, from where Esc leads back; says so if there is none. */
export const openPlace = (state: State, place: Location | undefined): State =>
  place === undefined ? noPlace(state) : openSource(state, { ...sourceView(place), from: state.tab });

const noPlace = (state: State): State => ({
  ...state,
  notice: { text: 'no place in the source is known for this', style: 'warn' },
});

const openSource = (state: State, view: SourceView): State => {
  const root = state.stacks.lines[0];
  const below = root === undefined || root.kind === 'source' ? [] : [root];
  return { ...withStack(state, 'lines', [...below, view]), tab: 'lines', notice: undefined };
};

/** Shows one of a finding's places, and says which it is. */
export const openFinding = (state: State, finding: Finding, chosen: number): State => {
  const places = placesOfFinding(finding);
  const at = places[chosen];
  if (at === undefined) return noPlace(state);
  const opened = openSource(state, { ...sourceView(at.place), from: 'growth', finding: { finding, chosen } });
  const more = places.length === 1 ? '' : ` (${chosen + 1} of ${places.length} places, p: the next)`;
  return { ...opened, notice: { text: `${at.label} line ${at.place.line}${more}: ${finding.title}`, style: 'good' } };
};

export const nextPlace = (finding: Finding, chosen: number): number =>
  (chosen + 1) % Math.max(1, placesOfFinding(finding).length);
