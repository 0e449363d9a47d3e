/**
 * Performance traces of Chrome, of DevTools and of Node (`--trace-event-categories v8.cpu_profiler`): events, in an array
 * or under `traceEvents`. V8's CPU profiles are in them in pieces, identified by process and id:
 *   { name: 'Profile', pid, tid, id, args: { data: { startTime } } }
 *   { name: 'ProfileChunk', pid, id, args: { data: { endTime?, cpuProfile: { nodes?, samples? }, timeDeltas, lines? } } }
 *   { name: 'CpuProfile', pid, tid, args: { data: { cpuProfile } } }         (whole; Chrome before 58)
 */
import { MemwatchError } from '../../errors.js';
import { formatThings } from '../model/figures.js';
import { mergeProfiles, type NamedProfile } from '../model/merge-profiles.js';
import type { CaptureNotes, Profile } from '../model/profile.js';
import { decodeCpuProfile } from './cpuprofile.js';
import type { CpuProfileFile, CpuProfileNode } from './cpuprofile-shape.js';
import { list, number, object, optional, record, text } from './shape.js';
import { callFrame } from './v8-profile.js';
import { objectOf, type FileContent, type ProfileFormat } from './file-content.js';

export interface TraceEvent {
  readonly name?: string;
  readonly ph?: string;
  readonly pid?: number;
  readonly tid?: number;
  readonly ts?: number;
  readonly id?: string;
  readonly args?: { readonly name?: string; readonly data?: TraceData | null };
}

/** Its frame lacks what is not known, see `withPlace`. */
const traceNode = record<CpuProfileNode>({
  id: number,
  callFrame: object<CpuProfileNode['callFrame']>,
  hitCount: optional(number),
  children: optional(list(number)),
  parent: optional(number),
  positionTicks: optional(list(record({ line: number, ticks: number }))),
});

interface TraceData {
  /** What asked for the profile: `Internal` is the recording itself, `Inspector` console.profile(). */
  readonly source?: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly cpuProfile?: Partial<CpuProfileFile>;
  readonly timeDeltas?: readonly number[];
  /** For each sample, the line that ran. */
  readonly lines?: readonly number[];
}

const numbers = optional(list(number));
const traceData = record<TraceData>({
  source: optional(text),
  startTime: optional(number),
  endTime: optional(number),
  cpuProfile: optional(
    record<Partial<CpuProfileFile>>({
      nodes: optional(list(traceNode)),
      startTime: optional(number),
      endTime: optional(number),
      samples: numbers,
      timeDeltas: numbers,
      memwatch: optional(object<CaptureNotes>),
    }),
  ),
  timeDeltas: numbers,
  lines: numbers,
});

/** undefined if the file is not a trace. */
export const eventsOf = (content: FileContent): readonly TraceEvent[] | undefined => {
  const list = Array.isArray(content.json) ? content.json : objectOf(content)['traceEvents'];
  if (!Array.isArray(list)) return undefined;
  const events = list as (TraceEvent | null)[];
  return events.every((event) => typeof event?.ph === 'string') ? (events as TraceEvent[]) : undefined;
};

const profileEvents = new Set(['CpuProfile', 'Profile', 'ProfileChunk']);

export const traceFormat: ProfileFormat = {
  name: 'a performance trace with CPU profiles (Chrome, DevTools, Node)',
  command: 'cpu',
  matches: (content) => eventsOf(content)?.some(({ name }) => profileEvents.has(name ?? '')) === true,
  read: (content) => readEvents(eventsOf(content) ?? []),
};

/** A profile while its pieces are being collected. */
interface Pieces {
  readonly pid: number;
  readonly tid: number;
  readonly nodes: CpuProfileNode[];
  readonly samples: number[];
  readonly timeDeltas: number[];
  readonly lines: number[];
  source: string | undefined;
  startTime: number;
  endTime: number | undefined;
}

const readEvents = (events: readonly TraceEvent[]): Profile => {
  const all = new Map<string, Pieces>();
  const names = new Map<string, string>();
  const inOrder = events
    .filter(({ name }) => profileEvents.has(name ?? '') || name === 'thread_name')
    .sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0));
  for (const event of inOrder) {
    if (event.name === 'thread_name') names.set(`${event.pid}:${event.tid}`, event.args?.name ?? '');
    else addPiece(all, event);
  }
  const threads = [...all.values()].filter(({ nodes }) => nodes.length > 0);
  if (threads.length === 0)
    throw new MemwatchError('broken-file', 'the trace names a CPU profile, but contains no part of it');
  const kept = withoutCopies(threads);
  const merged = mergeProfiles(kept.map((pieces) => threadOf(pieces, names)));
  const copies = threads.length - kept.length;
  if (copies === 0) return merged;
  const warning = `${formatThings(copies, 'profile')} ${copies === 1 ? 'was' : 'were'} left out: another one covers the same thread at the same time`;
  return { ...merged, warnings: [...(merged.warnings ?? []), warning] };
};

/** The sources of profiles that DevTools prefers, in its order. */
const preferred = ['Internal', 'Inspector'];
const rankOf = ({ source = '' }: Pieces): number => preferred.indexOf(source) + 1 || preferred.length + 1;

/** While DevTools records, console.profile() profiles the same thread once more: only one of the two may count. */
const withoutCopies = (threads: readonly Pieces[]): Pieces[] => {
  const kept: Pieces[] = [];
  for (const one of threads.toSorted((a, b) => rankOf(a) - rankOf(b)))
    if (!kept.some((other) => isSameTime(one, other))) kept.push(one);
  return threads.filter((one) => kept.includes(one));
};

const isSameTime = (one: Pieces, other: Pieces): boolean =>
  one.pid === other.pid && one.tid === other.tid && one.startTime < endOf(other) && other.startTime < endOf(one);

const endOf = ({ endTime, timeDeltas, startTime }: Pieces): number =>
  endTime ?? timeDeltas.reduce((at, delta) => at + delta, startTime);

const addPiece = (all: Map<string, Pieces>, { name, pid = 0, tid = 0, id = `${tid}`, args }: TraceEvent): void => {
  const data = args?.data;
  if (data === undefined || data === null) return; // Chrome writes some without
  const key = name === 'CpuProfile' ? `whole:${all.size}` : `${pid}:${id}`;
  const pieces = all.get(key) ?? emptyPieces(pid, tid);
  all.set(key, pieces);
  const { cpuProfile = {}, timeDeltas = [], lines = [] } = traceData(data, 'args.data');
  const whole = name === 'CpuProfile' ? cpuProfile : data;
  pieces.source = data.source ?? pieces.source;
  pieces.startTime = whole.startTime ?? pieces.startTime;
  pieces.endTime = whole.endTime ?? pieces.endTime;
  for (const node of cpuProfile.nodes ?? []) pieces.nodes.push(node);
  for (const sample of cpuProfile.samples ?? []) pieces.samples.push(sample);
  for (const delta of cpuProfile.timeDeltas ?? timeDeltas) pieces.timeDeltas.push(delta);
  for (const line of lines) pieces.lines.push(line);
};

const emptyPieces = (pid: number, tid: number): Pieces => {
  const lists = { nodes: [], samples: [], timeDeltas: [], lines: [] };
  return { pid, tid, ...lists, source: undefined, startTime: 0, endTime: undefined };
};

const threadOf = (pieces: Pieces, names: ReadonlyMap<string, string>): NamedProfile => {
  const { pid, tid, timeDeltas, startTime } = pieces;
  const endTime = endOf(pieces);
  const { nodes, samples, lost } = withoutLost(pieces);
  const profile = decodeCpuProfile(
    { nodes: withTicks({ ...pieces, nodes }), samples, timeDeltas, startTime, endTime },
    undefined,
  );
  const warnings = lost === 0 ? [] : [`the trace has lost ${lost} of the functions that it refers to`];
  const name = names.get(`${pid}:${tid}`) || 'thread';
  return { name: `${name} (process ${pid}, thread ${tid})`, profile: { ...profile, warnings } };
};

/**
 * A trace whose buffer overflowed lacks pieces: samples of lost nodes get one common node, and callees of lost nodes become
 * roots.
 */
const withoutLost = ({ nodes, samples }: Pieces): { nodes: CpuProfileNode[]; samples: number[]; lost: number } => {
  const known = new Set(nodes.map(({ id }) => id));
  const missing = [...nodes.flatMap(({ parent }) => parent ?? []), ...samples].filter((id) => !known.has(id));
  if (missing.length === 0) return { nodes, samples, lost: 0 };
  const lost = { id: -1, callFrame: withPlace({ functionName: '(lost by the trace)' }) };
  const kept = nodes.map(({ parent, ...node }) =>
    parent !== undefined && known.has(parent) ? { ...node, parent } : node,
  );
  return {
    nodes: [...kept, lost],
    samples: samples.map((id) => (known.has(id) ? id : lost.id)),
    lost: new Set(missing).size,
  };
};

/** A trace has a line for each sample; a .cpuprofile has ticks for each node. */
const withTicks = ({ nodes, samples, lines }: Pick<Pieces, 'nodes' | 'samples' | 'lines'>): CpuProfileNode[] => {
  const ticksOf = new Map<number, Map<number, number>>();
  for (let index = 0; index < samples.length && lines.length === samples.length; index++) {
    if (lines[index] < 1) continue;
    const ticks = ticksOf.get(samples[index]) ?? new Map<number, number>();
    ticksOf.set(samples[index], ticks.set(lines[index], (ticks.get(lines[index]) ?? 0) + 1));
  }
  const hits = new Map<number, number>();
  for (const sample of samples) hits.set(sample, (hits.get(sample) ?? 0) + 1);
  return nodes.map(({ callFrame, ...node }) => ({
    ...node,
    callFrame: withPlace(callFrame),
    hitCount: hits.get(node.id) ?? 0,
    positionTicks: [...(ticksOf.get(node.id) ?? [])].map(([line, ticks]) => ({ line, ticks })),
  }));
};

/** Traces leave out the place of frames that have none, such as V8's own states. */
const withPlace = (frame: Partial<CpuProfileNode['callFrame']>): CpuProfileNode['callFrame'] =>
  callFrame(
    {
      functionName: frame.functionName ?? '',
      scriptId: String(frame.scriptId ?? 0),
      url: frame.url ?? '',
      lineNumber: frame.lineNumber ?? -1,
      columnNumber: frame.columnNumber ?? -1,
    },
    'args.data.cpuProfile.nodes.callFrame',
  );
