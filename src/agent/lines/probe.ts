/**
 * Counts the lines of one function of a live, unmodified process exactly, through breakpoints whose conditions record and
 * never pause. In: an attachment, a function, limits. Out: the counts, line by line. Everything is undone afterwards: by
 * memwatch, or by the target itself if memwatch is killed (see guard.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CountedFunction, CountedLine } from '../../analyzer/model/lines.js';
import type { Position } from '../../source/syntax.js';
import { MemwatchError } from '../../errors.js';
import type { Attachment } from '../attach/attach.js';
import { evaluate } from '../session/evaluate.js';
import type { LiveFunction } from './live-function.js';
import { entersOnce, findMarks, type Mark } from './marks.js';
import { openProbe, readProbe, removeProbe, setProbe } from './probe-in-target.js';
import type { ProbePhase, ProbePlace, ProbeState } from './probe-messages.js';

export interface ProbeOptions {
  readonly durationMs: number;
  readonly maxHits: number;
  /** How long a target may take to run what is posted to its event loop. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

export interface ProbeResult {
  readonly counted: CountedFunction;
  /** Why it ended before the time was over. */
  readonly ended: 'time' | 'hits' | 'interrupted' | 'target ended';
  /** The mean cost of one probe; shorter times cannot be measured. There are two probes at each place. */
  readonly probeUs: number;
  /** Lines with code at which V8 cannot break. */
  readonly unreachable: readonly number[];
}

const pollMs = 20;

/**
 * If a function inside the constructor uses `this`, V8 (Node 20 to 26) keeps `this` where a breakpoint's condition makes it
 * undefined, so that super() throws "may only be called once"; Node 26 crashes.
 */
const derivesWords = ({ name }: LiveFunction): string =>
  `${name} is not probed: V8 breaks the super() of some constructors when a breakpoint is in them`;

export const captureProbe = async (
  attachment: Attachment,
  live: LiveFunction,
  options: ProbeOptions,
): Promise<ProbeResult> => {
  const { main, client } = attachment;
  const instead =
    'leave out --probe to sample the lines, or let memwatch start the program and count them exactly: memwatch lines file:function -- script.js';
  if (attachment.worker !== undefined) {
    throw new MemwatchError('bad-argument', '--probe works on the main thread alone', {
      hint: `${instead} (which includes workers)`,
    });
  }
  if (live.site.derives) throw new MemwatchError('bad-argument', derivesWords(live), { hint: instead });
  const start = live.site.node.loc?.start ?? { line: 1, column: 0 };
  const end = live.site.node.loc?.end ?? start;
  const zero = ({ line, column }: { line: number; column: number }) => ({ line: line - 1, column });
  let removed: Promise<ProbeState | undefined> | undefined;
  const remove = (): Promise<ProbeState | undefined> => (removed ??= removeAndWait(attachment, options));
  attachment.onDetach(async () => void (await remove()));
  await evaluate(main, openProbe, [client, String(live.script.id), zero(start), zero(end)]);
  const { locations } = await waitFor(attachment, 'located', options);
  const plan = placesOf(live, locations, attachment.nodeVersion);
  const order = { client, url: live.script.url, scriptId: String(live.script.id), places: plan.places };
  await evaluate(main, setProbe, [{ ...order, maxHits: options.maxHits, maxMs: options.durationMs }]);
  await waitFor(attachment, 'set', options);
  const ended = await watch(attachment, options);
  const state = await remove();
  if (state === undefined) throw noCounts(attachment);
  if (state.error !== undefined) throw new MemwatchError('target-error', `in the target: ${state.error}`);
  return {
    counted: countedFunction(live, plan, state),
    ended,
    probeUs: (state.costs[0]?.[0] ?? 0) * 1000,
    unreachable: plan.unreachable,
  };
};

/** Breakpoints are removed between two turns of the loop: one turn that runs the lines very often takes long. */
const noCounts = ({ ending }: Attachment): MemwatchError =>
  ending.aborted
    ? new MemwatchError('disconnected', 'the target ended before it gave its counts')
    : new MemwatchError(
        'no-answer',
        'the target still runs the function in the same turn of its event loop, slowed by the probe',
        {
          hint: 'the target removes the breakpoints itself when that turn ends; leave out --probe to sample the lines of a function that runs so often',
        },
      );

/**
 * Waits for the probe's state. A target whose loop does not turn never runs what is posted to it: then no breakpoint was
 * set, and none will be.
 */
const waitFor = async (
  attachment: Attachment,
  phase: ProbePhase,
  { signal, patienceMs = 10_000 }: ProbeOptions,
): Promise<ProbeState> => {
  for (const from = Date.now(); Date.now() - from < patienceMs; await sleep(pollMs)) {
    const state = await evaluate(attachment.main, readProbe);
    if (state?.error !== undefined) throw new MemwatchError('target-error', `in the target: ${state.error}`);
    if (state?.phase === phase || state?.phase === 'removed') return state;
    if (signal?.aborted === true) throw new MemwatchError('interrupted', 'interrupted before anything was probed');
  }
  throw new MemwatchError('no-answer', `the target's event loop did not turn within ${patienceMs / 1000} s`, {
    hint: 'breakpoints can be set safely only between two turns of the loop; leave --probe out for a busy process',
  });
};

const watch = async (attachment: Attachment, options: ProbeOptions): Promise<ProbeResult['ended']> => {
  const { signal, durationMs, maxHits, onProgress } = options;
  for (const from = Date.now(); Date.now() - from < durationMs; await sleep(pollMs)) {
    if (signal?.aborted === true) return 'interrupted';
    if (attachment.ending.aborted) return 'target ended';
    const state = await evaluate(attachment.main, readProbe);
    if (state === undefined || state.phase !== 'set')
      return state !== undefined && state.hits >= maxHits ? 'hits' : 'time';
    onProgress?.(`probing: ${Math.round((Date.now() - from) / 1000)} s of ${durationMs / 1000} s, ${state.hits} hits`);
  }
  return 'time';
};

/** Returns the last state. Waits for a busy target, because removal is only safe between two turns of its loop. */
const removeAndWait = async (
  { main, ending }: Attachment,
  { patienceMs = 10_000 }: ProbeOptions,
): Promise<ProbeState | undefined> => {
  if (ending.aborted) return evaluate(main, readProbe).catch(() => undefined);
  await evaluate(main, removeProbe);
  for (const from = Date.now(); Date.now() - from < patienceMs;) {
    const state = await evaluate(main, readProbe);
    const nothingSet = state?.phase === 'asked' || state?.phase === 'located';
    if (state === undefined || state.phase === 'removed' || nothingSet) return state;
    await sleep(pollMs);
  }
  return undefined;
};

interface Plan {
  readonly places: readonly ProbePlace[];
  /** For each place: the line of the user's source; 0 if the function returns there. */
  readonly lines: readonly number[];
  readonly unreachable: readonly number[];
}

/** A place for each mark, where V8 can first break in it, and for each position at which the function returns. */
const placesOf = (live: LiveFunction, locations: ProbeState['locations'], nodeVersion: string): Plan => {
  const lines: number[] = [];
  const unreachable: number[] = [];
  const places: ProbePlace[] = [];
  const lineOf = (position: Position | undefined): number | undefined => {
    const place = live.source.at(position);
    return place?.file === live.file ? place.line : undefined;
  };
  for (const [index, mark] of findMarks(live.site.node, lineOf, nodeVersion).entries()) {
    const { line } = mark;
    const location = locations.find((one) => one.type !== 'return' && isWithin(one, mark));
    if (location === undefined) {
      if (!mark.turn) unreachable.push(line);
      continue;
    }
    const enters = index === 0 && entersOnce(live.site.node);
    const { lineNumber, columnNumber } = location;
    if (places.some((place) => place.lineNumber === lineNumber && place.columnNumber === columnNumber)) continue;
    lines.push(line);
    places.push({ lineNumber, columnNumber, counts: mark.counts, waits: mark.waits, enters, leaves: false });
  }
  for (const { lineNumber, columnNumber, type } of locations) {
    const known = places.some((place) => place.lineNumber === lineNumber && place.columnNumber === columnNumber);
    if (type === 'return' && !known) {
      lines.push(0);
      places.push({ lineNumber, columnNumber, counts: false, waits: false, enters: false, leaves: true });
    }
  }
  return { places, lines, unreachable };
};

const isWithin = (at: { lineNumber: number; columnNumber: number }, { start, end }: Mark): boolean => {
  const line = at.lineNumber + 1;
  const afterStart = line > start.line || (line === start.line && at.columnNumber >= start.column);
  const beforeEnd = line < end.line || (line === end.line && at.columnNumber < end.column);
  return afterStart && beforeEnd;
};

const width = 10;

/** Several places may belong to one line: a loop's head is reached from before it and from its turns. */
const countedFunction = (live: LiveFunction, { lines, places }: Plan, state: ProbeState): CountedFunction => {
  const { name, file, firstLine, text } = live;
  const counted = lines.map((line, place) =>
    countedLine(line, state.rows.slice(place * width, (place + 1) * width), state.costs[place] ?? [0, 0]),
  );
  const calls = places.some(({ enters }) => enters) ? state.calls : undefined;
  return { name, file, firstLine, source: text, calls, lines: counted.filter(({ line }) => line !== 0) };
};

const countedLine = (
  line: number,
  row: readonly number[],
  [costMs, costBytes]: readonly [number, number],
): CountedLine => {
  const [hits = 0, ms = 0, clean = 0, heap = 0, external = 0, ...others] = row;
  const [collected = 0, collectedHeap = 0, collectedExternal = 0, memoryBytes = 0, untimedHits = 0] = others;
  return {
    line,
    hits,
    timeMs: ms - (clean + collected) * costMs,
    cleanHits: clean,
    heapBytes: heap - clean * costBytes,
    externalBytes: external,
    collectedHits: collected,
    collectedHeapBytes: collectedHeap - collected * costBytes,
    collectedExternalBytes: collectedExternal,
    memoryBytes,
    untimedHits,
  };
};
