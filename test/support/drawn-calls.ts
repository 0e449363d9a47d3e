/**
 * Profiles drawn by hand, one line a node of the call tree, which its indentation shows:
 *
 *   drawCalls(`
 *     (root)
 *       main app.js:1 5
 *         hash lib.js:9 20
 *   `)
 * A node is `name [file:line] [self]`. `samples` names the nodes that ran, in order; `lines` the lines on which their time
 * fell.
 */
import type { Location } from '#memwatch/analyzer/model/location.js';
import { createFrameTable, createLocationTable } from '#memwatch/analyzer/model/profile-builder.js';
import type { Profile } from '#memwatch/analyzer/model/profile.js';

export interface DrawnLine {
  /** The name of a node; the first of that name. */
  readonly of: string;
  readonly at: string;
  readonly self: number;
  readonly inlined?: 0 | 1 | 2;
}

export interface DrawOptions {
  readonly kind?: Profile['kind'];
  readonly samples?: readonly string[];
  readonly lines?: readonly DrawnLine[];
  /** A second column of values, by name of the node. */
  readonly sampleCounts?: Readonly<Record<string, number>>;
  readonly values?: Partial<Profile>;
}

export const drawCalls = (text: string, options: DrawOptions = {}): Profile => {
  const { kind = 'cpu', samples, lines = [], sampleCounts = {} } = options;
  const frames = createFrameTable();
  const nodes: { name: string; frame: number; parent: number; depth: number; self: number }[] = [];
  for (const row of text.split('\n').filter((one) => one.trim() !== '')) {
    const match = /^(\s*)(\(?[^\s)]*\)?(?: [a-z]+\))?)(?:\s+(\S+:\d+))?(?:\s+([\d.]+))?$/.exec(row);
    const depth = match?.[1]?.length ?? 0;
    const name = match?.[2] ?? '';
    const frame = frames.add(name, match?.[3] === undefined ? undefined : placeOf(match[3]));
    const parent = nodes.findLastIndex((node) => node.depth < depth);
    nodes.push({ name, frame, parent, depth, self: Number(match?.[4] ?? 0) });
  }
  const nodeOf = (name: string): number => nodes.findIndex((node) => node.name === name);
  const unit = kind === 'cpu' ? 'microseconds' : 'bytes';
  const counted = Float64Array.from(nodes, ({ name }) => sampleCounts[name] ?? 0);
  const first = { name: kind === 'cpu' ? 'time' : 'allocated', unit, self: Float64Array.from(nodes, ({ self }) => self) } as const; // prettier-ignore
  return {
    kind,
    frames: frames.frames,
    nodeCount: nodes.length,
    nodeFrame: Uint32Array.from(nodes, ({ frame }) => frame),
    nodeParent: Int32Array.from(nodes, ({ parent }) => parent),
    values: options.sampleCounts === undefined ? [first] : [first, { name: 'samples', unit: 'count', self: counted }],
    lines: lines.length === 0 ? undefined : linesOf(lines, nodeOf),
    timeline:
      samples === undefined
        ? undefined
        : { node: Uint32Array.from(samples, nodeOf), durationUs: new Float64Array(samples.length).fill(1000) },
    durationUs: 0,
    calls: undefined,
    notes: undefined,
    ...options.values,
  };
};

const linesOf = (lines: readonly DrawnLine[], nodeOf: (name: string) => number): Profile['lines'] => {
  const places = createLocationTable();
  return {
    node: Uint32Array.from(lines, ({ of }) => nodeOf(of)),
    location: Uint32Array.from(lines, ({ at }) => places.add(placeOf(at))),
    self: Float64Array.from(lines, ({ self }) => self),
    inlined: Uint8Array.from(lines, ({ inlined = 0 }) => inlined),
    locations: places.locations,
  };
};

const placeOf = (text: string): Location => {
  const at = text.lastIndexOf(':'); // `node:buffer:80`
  return { file: text.slice(0, at), line: Number(text.slice(at + 1)), column: 1 };
};
