/** The data of the flame graph's page. In: a Profile with the inclusive values of its nodes, and rows. Out: PageData. */
import type { Profile, ProfileUnit } from '../../analyzer/model/profile.js';
import type { PageData } from './page-data.js';
import { showName, showPackage, showPlace } from '../place.js';
import { escapeText } from '../units.js';

/** A function or a line, with what it costs itself and with its callees; of two profiles, by how much that changed. */
export interface FlameRow {
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly self: number;
  readonly total: number;
}

export interface PageOptions {
  readonly title: string;
  readonly folder: string;
  readonly inclusive: Float64Array;
  readonly isHidden: (node: number) => boolean;
  readonly unit: ProfileUnit;
  /** What percentages are of. */
  readonly whole: number;
  readonly functions: readonly FlameRow[];
  readonly lines: readonly FlameRow[];
  /** For a flame graph of what changed: the note of a box next to its name, and the change as a share of the whole. */
  readonly change?: (node: number) => { readonly label: string; readonly share: number };
}

const mostRows = { functions: 2000, lines: 200 };

export const computePageData = (profile: Profile, options: PageOptions): PageData => {
  const { folder, unit, whole, functions, lines } = options;
  const places = profile.frames.map(({ name, location }) => ({
    name,
    file: location?.file ?? null,
    line: location?.line ?? null,
  }));
  const rowOf = (row: FlameRow): PageData['functions'][number] => ({
    name: escapeText(showName(row.name)),
    place: escapeText(showPlace(row, folder)),
    kind: kindOf(row),
    self: Math.round(row.self),
    total: Math.round(row.total),
  });
  return {
    unit,
    whole,
    names: [...places.map((place) => nameAndPlace(place, folder)), 'all'],
    kinds: [...places.map(kindOf), 'state'],
    ...computeBoxes(profile, options),
    functions: functions.slice(0, mostRows.functions).map(rowOf),
    lines: lines.slice(0, mostRows.lines).map(rowOf),
  };
};

/** The nodes that are shown; the first one stands for everything. */
const computeBoxes = (profile: Profile, { inclusive, isHidden, change }: PageOptions) => {
  const { nodeCount, nodeFrame, frames } = profile;
  const kept = new Map<number, number>([[-1, 0]]);
  const [nodeName, nodeParent, nodeValue, nodeChange, nodeNote] = [[frames.length], [-1], [0], [0], ['']];
  for (let node = 0; node < nodeCount; node++) {
    const parent = kept.get(profile.nodeParent[node]);
    if (parent === undefined || isHidden(node) || inclusive[node] <= 0) continue;
    if (frames[nodeFrame[node]].name === '(root)') {
      kept.set(node, 0);
      continue;
    }
    kept.set(node, nodeName.push(nodeFrame[node]) - 1);
    nodeParent.push(parent);
    nodeValue.push(Math.round(inclusive[node]));
    if (parent === 0) nodeValue[0] += Math.round(inclusive[node]);
    const { share, label } = change?.(node) ?? { share: 0, label: '' };
    nodeChange.push(share);
    nodeNote.push(label);
  }
  return { nodeName, nodeParent, nodeValue, ...(change === undefined ? {} : { nodeChange, nodeNote }) };
};

type Kind = PageData['kinds'][number];

const kindOf = (row: { name: string; file: string | null }): Kind => {
  if (row.name === '(garbage collector)') return 'gc';
  const owner = showPackage(row);
  if (owner === 'own') return 'application';
  return owner === 'node' || owner === 'native' ? owner : owner === '' ? 'state' : 'package';
};

const nameAndPlace = (place: { name: string; file: string | null; line: number | null }, folder: string): string => {
  const at = showPlace(place, folder);
  return escapeText(at === '' ? showName(place.name) : `${showName(place.name)} ${at}`);
};
