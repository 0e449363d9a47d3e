/**
 * The call tree of a flame graph, in a form to be printed as text: callees from the program's start down, or callers
 * from each function up. In: the nodes of a flame tree. Out: entries, the most expensive first.
 */
import type { FlameNode } from './flame-tree.js';

export interface CallTreeEntry {
  /** An index into the profile's frames. */
  readonly frame: number;
  readonly value: number;
  readonly children: () => readonly CallTreeEntry[];
}

/** From the program's start down; an entry's value is that of the function and of all that it called there. */
export const computeCalleeTree = (nodes: readonly FlameNode[], parent = 0): CallTreeEntry[] =>
  [...(nodes[parent]?.children.values() ?? [])]
    .map((at) => ({ frame: nodes[at].frame, value: nodes[at].total, children: () => computeCalleeTree(nodes, at) }))
    .sort(byValue);

/** From each function up; an entry's value is the first function's self value, as far as it was called this way. */
export const computeCallerTree = (nodes: readonly FlameNode[]): CallTreeEntry[] => {
  const own = nodes.map(({ self }, at) => ({ at, value: self }));
  return callersOf(nodes, own);
};

interface Share {
  /** The flame node that it belongs to. */
  readonly at: number;
  readonly value: number;
}

const callersOf = (nodes: readonly FlameNode[], shares: readonly Share[]): CallTreeEntry[] => {
  const byFrame = new Map<number, Share[]>();
  for (const share of shares) {
    const { frame } = nodes[share.at];
    if (frame < 0 || share.value <= 0) continue;
    const known = byFrame.get(frame) ?? [];
    known.push(share);
    byFrame.set(frame, known);
  }
  return [...byFrame]
    .map(([frame, of]) => ({
      frame,
      value: of.reduce((sum, { value }) => sum + value, 0),
      children: () => {
        const above = of.map(({ at, value }) => ({ at: nodes[at].parent, value }));
        return callersOf(nodes, above);
      },
    }))
    .sort(byValue);
};

const byValue = (a: CallTreeEntry, b: CallTreeEntry): number => b.value - a.value;
