/**
 * V8's CPU profile, `.cpuprofile`: one JSON object
 *   { nodes: [{ id, callFrame, hitCount, children: [id…], positionTicks: [{ line, ticks }] }…],
 *     startTime, endTime (us), samples: [node id…], timeDeltas: [us since the sample before…], memwatch?: notes }
 * Chrome's traces write `parent` instead of `children`; old files have no samples, so hits are used as time.
 */
import { MemwatchError } from '../../errors.js';
import type { CallCounts, CaptureNotes, LineValues, Profile, Timeline } from '../model/profile.js';
import { memwatchUrl } from '../model/scripts.js';
import { createLocationTable } from '../model/profile-builder.js';
import type { FunctionRange } from './function-ranges.js';
import { objectOf, type ProfileFormat } from './file-content.js';
import { cpuProfileFile, type CpuProfileFile, type CpuProfileNode } from './cpuprofile-shape.js';
import { createFrameReader, parseJsonObject, readNotes, type CallFrame, type FrameReader } from './v8-profile.js';

type Document = Readonly<Record<string, unknown>>;

/** With `locations` it is what VS Code computes from one. */
const isCpuProfile = ({ nodes, startTime, timeDeltas, locations }: Document): boolean =>
  Array.isArray(nodes) && locations === undefined && (typeof startTime === 'number' || Array.isArray(timeDeltas));

/** Throws `not-this-format`, `broken-file`. */
export const readCpuProfile = (text: string): Profile => {
  const document = parseJsonObject(text, '.cpuprofile');
  if (!isCpuProfile(document)) throw new MemwatchError('not-this-format', 'not a .cpuprofile: it has no nodes');
  return decodeDocument(document);
};

export const cpuProfileFormat: ProfileFormat = {
  name: 'a CPU profile of V8 (.cpuprofile)',
  command: 'cpu',
  matches: (content) => isCpuProfile(objectOf(content)),
  read: (content) => decodeDocument(objectOf(content)),
};

const decodeDocument = (document: Document): Profile => {
  const file = cpuProfileFile({ startTime: 0, endTime: 0, ...document }, '');
  return decodeCpuProfile(file, readNotes(document));
};

/** Makes a profile from a file in V8's own format. */
export const decodeCpuProfile = (file: CpuProfileFile, notes: CaptureNotes | undefined): Profile => {
  const nodes = parentsFirst(file.nodes);
  const indexOf = new Map(nodes.map(({ node }, index) => [node.id, index]));
  const reader = createFrameReader(notes);
  const nodeFrame = Uint32Array.from(nodes, ({ node }) => reader.frame(node.callFrame));
  const isOwn = findOwn(nodes);
  const samples = Float64Array.from(nodes, ({ node }, index) => (isOwn[index] === 1 ? 0 : (node.hitCount ?? 0)));
  const timeline = withoutOwn(readTimeline(file, indexOf), isOwn);
  const durationUs = file.endTime - file.startTime;
  const time = timeline === undefined ? timeOfHits(samples, durationUs) : timeOfSamples(timeline, nodes.length);
  const lines = readLines(nodes, time, reader);
  const calls = notes?.calls === undefined ? undefined : readCalls(nodes, nodeFrame, notes.calls, reader);
  return {
    kind: 'cpu',
    frames: reader.table.frames,
    nodeCount: nodes.length,
    nodeFrame,
    nodeParent: Int32Array.from(nodes, ({ parent }) => parent),
    values: [
      { name: 'time', unit: 'microseconds', self: time },
      { name: 'samples', unit: 'count', self: samples },
    ],
    lines,
    timeline,
    durationUs,
    calls,
    notes,
  };
};

interface PlacedNode {
  readonly node: CpuProfileNode;
  readonly parent: number;
}

/** Nodes in an order in which callers come before their callees. Throws if a node is referred to that does not exist. */
const parentsFirst = (nodes: readonly CpuProfileNode[]): PlacedNode[] => {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const children = new Map<number, Set<number>>(nodes.map(({ id }) => [id, new Set<number>()]));
  const isChild = new Set<number>();
  const link = (parent: number, child: number): void => {
    children.get(parent)?.add(child); // some traces write each link at both ends
    isChild.add(child);
  };
  for (const node of nodes) {
    for (const child of node.children ?? []) link(node.id, child);
    if (node.parent !== undefined) link(node.parent, node.id);
  }
  const placed: PlacedNode[] = nodes.filter((node) => !isChild.has(node.id)).map((node) => ({ node, parent: -1 }));
  for (let index = 0; index < placed.length && placed.length <= nodes.length; index++) {
    for (const id of children.get(placed[index]?.node.id ?? -1) ?? []) {
      const node = byId.get(id);
      if (node === undefined)
        throw new MemwatchError('broken-file', `a .cpuprofile refers to node ${id}, which it does not contain`);
      placed.push({ node, parent: index });
    }
  }
  if (placed.length !== nodes.length)
    throw new MemwatchError('broken-file', 'the nodes of a .cpuprofile do not form a tree');
  return placed;
};

/** For each node, 1 if it is memwatch's own code in the target, or was called by it. */
const findOwn = (nodes: readonly PlacedNode[]): Uint8Array => {
  const isOwn = new Uint8Array(nodes.length);
  nodes.forEach(({ node, parent }, index) => {
    if (node.callFrame.url === memwatchUrl || (parent >= 0 && isOwn[parent] === 1)) isOwn[index] = 1;
  });
  return isOwn;
};

const withoutOwn = (timeline: Timeline | undefined, isOwn: Uint8Array): Timeline | undefined => {
  if (timeline === undefined || !isOwn.includes(1)) return timeline;
  const isKept = (_: number, i: number): boolean => isOwn[timeline.node[i]] === 0;
  return { node: timeline.node.filter(isKept), durationUs: timeline.durationUs.filter(isKept) };
};

/**
 * A sample lasts until the next one; nothing shows how long the last one ran, so it lasts no time, as in speedscope. V8 may
 * write samples out of order, with negative deltas: they are sorted, as in DevTools; speedscope counts them as no time.
 */
const readTimeline = (file: CpuProfileFile, indexOf: ReadonlyMap<number, number>): Timeline | undefined => {
  const { samples, timeDeltas } = file;
  if (samples === undefined || timeDeltas === undefined || samples.length < 2) return undefined;
  const at = new Float64Array(samples.length);
  let now = file.startTime;
  for (let i = 0; i < samples.length; i++) at[i] = now += timeDeltas[i] ?? 0;
  const order = Uint32Array.from(samples, (_, i) => i);
  if (timeDeltas.some((delta) => delta < 0)) order.sort((a, b) => at[a] - at[b]);
  const node = new Uint32Array(samples.length);
  const durationUs = new Float64Array(samples.length);
  order.forEach((sample, i) => {
    const index = indexOf.get(samples[sample]);
    if (index === undefined)
      throw new MemwatchError('broken-file', `a sample refers to node ${samples[sample]}, which does not exist`);
    node[i] = index;
    durationUs[i] = i + 1 === order.length ? 0 : at[order[i + 1]] - at[sample];
  });
  return { node, durationUs };
};

const timeOfSamples = ({ node, durationUs }: Timeline, nodeCount: number): Float64Array => {
  const time = new Float64Array(nodeCount);
  for (let i = 0; i < node.length; i++) time[node[i]] += durationUs[i];
  return time;
};

const timeOfHits = (hits: Float64Array, durationUs: number): Float64Array => {
  const all = hits.reduce((sum, one) => sum + one, 0);
  return hits.map((one) => (all === 0 ? 0 : (one / all) * durationUs));
};

/** A node's time is divided among its lines by their ticks. Lines outside the node's function belong to inlined callees. */
const readLines = (nodes: readonly PlacedNode[], time: Float64Array, reader: FrameReader): LineValues | undefined => {
  const table = createLocationTable();
  const rows: { node: number; location: number; self: number; inlined: number }[] = [];
  nodes.forEach(({ node: { callFrame, positionTicks = [] } }, index) => {
    if (time[index] === 0) return;
    const ticks = positionTicks.reduce((sum, tick) => sum + tick.ticks, 0);
    const start = reader.line(callFrame, callFrame.lineNumber + 1);
    for (const tick of positionTicks) {
      const inlined = isInlined(callFrame, tick.line, reader);
      const location = inlined ? start : reader.line(callFrame, tick.line);
      if (location === undefined || tick.ticks === 0) continue;
      const self = (time[index] * tick.ticks) / ticks;
      const mayBe = reader.mayInline(callFrame, tick.line) ? 2 : 0;
      rows.push({ node: index, location: table.add(location), self, inlined: inlined ? 1 : mayBe });
    }
  });
  if (rows.length === 0) return undefined;
  return {
    node: Uint32Array.from(rows, (row) => row.node),
    location: Uint32Array.from(rows, (row) => row.location),
    self: Float64Array.from(rows, (row) => row.self),
    inlined: Uint8Array.from(rows, (row) => row.inlined),
    locations: table.locations,
  };
};

/** If the function's source is not known, only lines before its start are recognised as another function's. */
const isInlined = (callFrame: CallFrame, line: number, reader: FrameReader): boolean => {
  if (line < callFrame.lineNumber + 1) return true;
  const range = reader.range(callFrame);
  return range !== undefined && (line < range.firstLine || line > range.lastLine);
};

/** The exact count for each frame; functions that were counted but never sampled get a new frame. */
const readCalls = (
  nodes: readonly PlacedNode[],
  nodeFrame: Uint32Array,
  counts: CallCounts,
  reader: FrameReader,
): Float64Array => {
  const keyOf = (scriptId: number, range: FunctionRange, name: string): string =>
    `${scriptId}:${range.index}${range.isClass ? name : ''}`;
  const frameOf = new Map<string, number>();
  nodes.forEach(({ node: { callFrame } }, index) => {
    const range = reader.range(callFrame);
    if (range !== undefined)
      frameOf.set(keyOf(Number(callFrame.scriptId), range, callFrame.functionName), nodeFrame[index]);
  });
  const counted = new Map<number, number>();
  for (const script of counts.scripts) {
    const ranges = reader.ranges(Number(script.scriptId));
    for (const { name, start, end, count } of ranges === undefined ? [] : script.functions) {
      const range = ranges?.between(start, end);
      if (ranges === undefined || range === undefined) continue;
      const { line, column } = ranges.positionOf(start);
      const place = {
        functionName: name,
        scriptId: script.scriptId,
        url: script.url,
        lineNumber: line,
        columnNumber: column,
      };
      const frame = frameOf.get(keyOf(Number(script.scriptId), range, name)) ?? reader.frame(place);
      counted.set(frame, (counted.get(frame) ?? 0) + count * (counts.scale ?? 1));
    }
  }
  return Float64Array.from(reader.table.frames, (_, frame) => counted.get(frame) ?? NaN);
};
