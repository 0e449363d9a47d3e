/**
 * When `memwatch watch` captures. In: the readings of one process, one after another. Out: the conditions that hold, each
 * with its reason in words. It has no clock and no process: time is that of the readings.
 */
import type { Point } from '../../analyzer/growth/readings/slope.js';
import { collectsWholeHeap, computeGrowth } from '../../analyzer/memory/forecast.js';
import type { Reading } from '../../analyzer/model/reading.js';
import { formatBytes, formatDuration, formatShare } from '../../report/units.js';
import type { Condition, Quantity } from './conditions.js';

export interface Alarm {
  readonly condition: string;
  /** `RSS is 412 MB, 82.4% of 500 MB, the limit of its container`. */
  readonly reason: string;
}

/** Takes a reading, and returns what holds now. */
export type Decider = (reading: Reading) => Alarm[];

/** `machineBytes`: the memory of the machine; undefined if the process is on another one. */
export const createDecider = (conditions: readonly Condition[], machineBytes: number | undefined): Decider => {
  const deciders = conditions.map((condition) =>
    condition.perMs === undefined ? levelDecider(condition, machineBytes) : growthDecider(condition, condition.perMs),
  );
  return (reading) => deciders.flatMap((decide) => decide(reading));
};

const levelDecider = (condition: Condition, machineBytes: number | undefined): Decider => {
  let sinceMs: number | undefined;
  return (reading) => {
    const level = levelOf(reading, condition, machineBytes);
    if (level === undefined || level.value <= condition.value) {
      sinceMs = undefined;
      return [];
    }
    sinceMs ??= reading.timeMs;
    const heldMs = reading.timeMs - sinceMs;
    if (heldMs < condition.forMs) return [];
    const time = condition.forMs === 0 ? '' : `, for ${formatDuration(heldMs * 1000)}`;
    return [{ condition: condition.text, reason: `${level.text}${time}` }];
  };
};

interface Level {
  /** In the unit of the condition. */
  readonly value: number;
  readonly text: string;
}

/** undefined if it has no such figure. */
const levelOf = (reading: Reading, condition: Condition, machineBytes: number | undefined): Level | undefined => {
  const { quantity, isShare } = condition;
  if (isMemory(quantity)) {
    const bytes = bytesOf(reading, quantity);
    const text = `${titles[quantity]} is ${formatBytes(bytes)}`;
    if (!isShare) return { value: bytes, text };
    const limit = limitOf(reading, quantity, machineBytes);
    if (limit === undefined) return undefined;
    const share = bytes / limit.bytes;
    return { value: share, text: `${text}, ${formatShare(share)} of ${formatBytes(limit.bytes)}, ${limit.of}` };
  }
  switch (quantity) {
    case 'delay':
      return delayOf(reading, condition);
    case 'cpu':
      return { value: reading.cpu.cores, text: `the process uses ${formatShare(reading.cpu.cores)} of a core` };
    case 'loop':
      return { value: reading.loop.utilization, text: `the event loop is busy ${formatShare(reading.loop.utilization)} of the time` }; // prettier-ignore
    case 'gc':
      return gcOf(reading);
    default: {
      const count = reading.handles.reduce((sum, one) => sum + one.count, 0);
      return { value: count, text: `${count} handles are open` };
    }
  }
};

type Memory = 'rss' | 'heap' | 'external';

const titles: Readonly<Record<Memory, string>> = { rss: 'RSS', heap: 'the used heap', external: 'external memory' };

const isMemory = (quantity: Quantity): quantity is Memory => Object.hasOwn(titles, quantity);

const bytesOf = ({ rssBytes, heap }: Reading, quantity: Memory): number =>
  quantity === 'rss' ? rssBytes : quantity === 'heap' ? heap.usedBytes : heap.externalBytes;

const limitOf = (
  { heap, cgroup }: Reading,
  quantity: Memory,
  machineBytes: number | undefined,
): { bytes: number; of: string } | undefined => {
  if (quantity === 'heap') return { bytes: heap.limitBytes, of: 'at which V8 ends the process' };
  if (cgroup !== null) return { bytes: cgroup.limitBytes, of: 'the limit of its container' };
  return machineBytes === undefined ? undefined : { bytes: machineBytes, of: 'the memory of the machine' };
};

/** If no timer ran in the whole interval, one was late by at least as much. */
const delayOf = ({ loop: { delay }, intervalUs }: Reading, { figure }: Condition): Level => {
  if (delay === null)
    return { value: intervalUs, text: `the event loop did not turn for ${formatDuration(intervalUs)}` };
  const delayUs = { p99: delay.p99Us, max: delay.maxUs, mean: delay.meanUs }[figure];
  return { value: delayUs, text: `event-loop delay ${figure} is ${formatDuration(delayUs)}` };
};

const gcOf = ({ gc, intervalUs }: Reading): Level | undefined => {
  if (gc === null) return undefined;
  const share = gc.reduce((sum, { durationUs }) => sum + durationUs, 0) / intervalUs;
  return { value: share, text: `garbage collection takes ${formatShare(share)} of the time` };
};

/**
 * Growth is measured over one unit of its time (an hour for `/h`), with this many points, and for the first time after half
 * of it.
 */
const pointsOfGrowth = 300;

/**
 * Holds if growth is proved to be at least what the condition says: the lower bound of the slope over the lowest figures, which
 * are garbage in part until V8 has collected the whole heap.
 */
const growthDecider = ({ text, quantity, value, isShare }: Condition, perMs: number): Decider => {
  if (!isMemory(quantity)) return () => [];
  const all: Point[] = [];
  let points: readonly Point[] = [];
  return (reading) => {
    addLowest(all, reading.timeMs / 1000, bytesOf(reading, quantity), perMs / pointsOfGrowth / 1000);
    if (quantity === 'rss' || collectsWholeHeap(reading)) points = [...all];
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined || last.x - first.x < perMs / 2000) return [];
    const { low, estimate } = computeGrowth(points);
    const wanted = isShare ? value * last.y : value;
    const [leastBytes, bytes] = [(low * perMs) / 1000, (estimate * perMs) / 1000];
    if (!(leastBytes >= wanted)) return [];
    const grown = `${titles[quantity]} grows by ${formatBytes(bytes)} in ${formatDuration(perMs * 1000)}`;
    return [
      { condition: text, reason: `${grown} (at least ${formatBytes(leastBytes)}); it is ${formatBytes(last.y)}` },
    ];
  };
};

/** The lowest figure of each stretch of time: what is above it may be garbage. */
const addLowest = (points: Point[], x: number, y: number, stretchSeconds: number): void => {
  const last = points.at(-1);
  if (last !== undefined && Math.floor(last.x / stretchSeconds) === Math.floor(x / stretchSeconds)) {
    if (y < last.y) points[points.length - 1] = { x: last.x, y };
    return;
  }
  points.push({ x, y });
  if (points.length > pointsOfGrowth) points.shift();
};

/** One capture of a condition and a target in `everyMs`. In: the events that were captured before, by another memwatch. */
export const createRateLimit = (
  everyMs: number,
  before: readonly { readonly timeMs: number; readonly script: string; readonly alarms: readonly Alarm[] }[] = [],
) => {
  const lastMs = new Map<string, number>();
  const keyOf = (script: string, { condition }: Alarm): string => JSON.stringify([script, condition]);
  const note = (script: string, alarms: readonly Alarm[], timeMs: number): void => {
    for (const key of alarms.map((alarm) => keyOf(script, alarm)))
      lastMs.set(key, Math.max(timeMs, lastMs.get(key) ?? 0));
  };
  for (const { timeMs, script, alarms } of before) note(script, alarms, timeMs);
  /** The alarms that are due, which are captured then. */
  return (script: string, alarms: readonly Alarm[], nowMs: number): Alarm[] => {
    const due = alarms.filter((alarm) => Math.abs(nowMs - (lastMs.get(keyOf(script, alarm)) ?? -Infinity)) >= everyMs);
    note(script, due, nowMs);
    return due;
  };
};
