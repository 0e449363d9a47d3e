/**
 * A call tree laid out as a flame graph. In: a profile. Out: the boxes that are at least a cell wide, for a root and a
 * width; what is too narrow to see is left out, but its time still counts.
 */
import { computeFlameTree, type FlameNode } from '../../../analyzer/cost/flame-tree.js';
import type { Location } from '../../../analyzer/model/location.js';
import type { Profile } from '../../../analyzer/model/profile.js';
import type { Change, FlameBox, FlameDetail } from '../../../tui/state/detail.js';

export interface FlameGraph {
  readonly profile: Profile;
  /** The most expensive line of each frame. */
  readonly hottest: ReadonlyMap<number, Location>;
  readonly nodes: readonly FlameNode[];
  /** Of a tree of two profiles: what a frame cost in each. */
  readonly changeOf?: (frame: number) => Change;
}

export const createFlameGraph = (profile: Profile, hottest: ReadonlyMap<number, Location> = new Map()): FlameGraph => ({
  profile,
  hottest,
  nodes: computeFlameTree(profile),
});

export const flameDetail = (graph: FlameGraph, root: number, columns: number, depth: number): FlameDetail => {
  const { nodes, profile } = graph;
  const top = root in nodes ? root : 0;
  const ancestors: FlameBox[] = [];
  for (let at = nodes[top].parent; at >= 0; at = nodes[at].parent) ancestors.unshift(boxOf(graph, at, 0, columns));
  const rows: FlameBox[][] = [[boxOf(graph, top, 0, columns)]];
  while (rows.length < depth * 4) {
    const next = rows[rows.length - 1].flatMap((box) => boxesBelow(graph, box));
    if (next.length === 0) break;
    rows.push(next);
  }
  const { before, after } = graph.changeOf?.(0) ?? { before: 0, after: 0 };
  const whole = graph.changeOf === undefined ? nodes[0].total : Math.max(1, before, after);
  return { detail: 'flame', root: top, unit: profile.values[0].unit, whole, ancestors, rows };
};

/** Callees within their caller's width, each at the cell where its share begins. */
const boxesBelow = (graph: FlameGraph, above: FlameBox): FlameBox[] => {
  const { nodes } = graph;
  const children = [...nodes[above.key].children.values()].sort((a, b) => nodes[b].total - nodes[a].total);
  const boxes: FlameBox[] = [];
  let before = 0;
  for (const child of children) {
    const from = above.x + Math.round((before / nodes[above.key].total) * above.width);
    before += nodes[child].total;
    const to = above.x + Math.round((before / nodes[above.key].total) * above.width);
    if (to > from) boxes.push(boxOf(graph, child, from, to - from));
  }
  return boxes;
};

const boxOf = ({ nodes, profile, hottest, changeOf }: FlameGraph, key: number, x: number, width: number): FlameBox => {
  const { frame, self, total } = nodes[key];
  const { name, location } = frame < 0 ? { name: '(all)', location: undefined } : profile.frames[frame];
  const change = changeOf?.(Math.max(0, frame));
  return { key, name, place: location, hottest: hottest.get(frame), x, width, self, total, change };
};
