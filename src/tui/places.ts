/** From a row to the line of source it stands for, and to that line on the screen. Pure. */
import type { Location } from '../analyzer/model/location.js';
import type { Row } from './provider.js';
import { sourceView, withStack, type State } from './state.js';

/** The place a row speaks of; undefined where none is known. */
export const placeOfRow = (row: Row | undefined): Location | undefined => {
  if (row === undefined) return undefined;
  if (row.kind === 'finding') return placeOfFinding(row.finding);
  return 'place' in row ? row.place : undefined;
};

/** The line that adds to what grows tells most, then the one that allocates, then the one that owns. */
const placeOfFinding = ({ growthSites, allocationSites, location }: FindingPlaces): Location | undefined => {
  const adds = growthSites[0]?.stack[0] ?? allocationSites[0];
  if (adds !== undefined && !adds.file.startsWith('node:')) return { file: adds.file, line: adds.line, column: 0 };
  return location ?? undefined;
};
type FindingPlaces = Pick<Extract<Row, { kind: 'finding' }>['finding'], 'growthSites' | 'allocationSites' | 'location'>;

/** Shows a place in the Lines tab; says so where there is none. */
export const openPlace = (state: State, place: Location | undefined): State => {
  if (place === undefined) {
    return { ...state, notice: { text: 'no place in the source is known for this', style: 'warn' } };
  }
  const root = state.stacks.lines[0];
  const below = root === undefined || root.kind === 'source' ? [] : [root];
  return { ...withStack(state, 'lines', [...below, sourceView(place)]), tab: 'lines', notice: undefined };
};
