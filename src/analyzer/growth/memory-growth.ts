/**
 * Which code runs while the resident memory of a process rises. In: changes of the RSS, and CPU samples of threads. Out: for
 * each function of the program, the bytes by which the RSS rose while it ran, less those by which it fell.
 *
 * A page becomes resident when it is first written, which is mostly right after it was allocated. So code that is charged here
 * ran while memory rose, which is evidence and no proof: other code may use up the free memory of the allocator.
 */
import { sumOf } from '../model/figures.js';
import type { ResidentChange } from '../model/resident.js';
import { isProgramFile } from '../model/scripts.js';
import type { SurvivorFrame, SurvivorSite } from '../model/survivors.js';

/** The parts of V8's CPU profile that are read here; times in microseconds. */
export interface SampledProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly scriptId: string;
      readonly url: string;
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
    readonly children?: readonly number[];
  }[];
  readonly startTime: number;
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

/** A longer time between two readings, when memwatch did not get its turn, says too little of what ran. */
const mostUs = 1500;

export interface ChargedGrowth {
  /** The stacks of the program's functions, most bytes first. */
  readonly sites: readonly SurvivorSite[];
  /** Of all changes that could be charged. */
  readonly bytes: number;
}

/** Each change of the RSS is charged to what the threads that were not idle ran since the reading before. */
export const chargeGrowth = (
  changes: readonly ResidentChange[],
  profiles: readonly SampledProfile[],
): ChargedGrowth => {
  const threads = profiles.map(samplesOf);
  const charged = new Map<Sampled, number>();
  const read = changes.filter(({ fromUs, toUs }) => toUs - fromUs <= mostUs);
  for (const { fromUs, toUs, bytes } of read) {
    const ran = threads.flatMap((thread) => thread.between(fromUs, toUs)).filter(({ idle }) => !idle);
    for (const node of ran) charged.set(node, (charged.get(node) ?? 0) + bytes / ran.length);
  }
  return { sites: byFunction(charged), bytes: sumOf(read.map(({ bytes }) => bytes)) };
};

interface Sampled {
  readonly stack: readonly SurvivorFrame[];
  readonly idle: boolean;
}

interface Samples {
  /** What was sampled in this time; the last sample before it if there was none. To be called with rising times. */
  between(fromUs: number, toUs: number): readonly Sampled[];
}

const samplesOf = ({ nodes, samples = [], timeDeltas = [], startTime }: SampledProfile): Samples => {
  const sampled = sampledNodes(nodes);
  let atUs = startTime;
  const times = Float64Array.from(timeDeltas, (delta) => (atUs += delta));
  let next = 0;
  return {
    between: (fromUs, toUs) => {
      while (next < times.length && (times[next] ?? 0) <= fromUs) next++;
      const first = next;
      while (next < times.length && (times[next] ?? 0) <= toUs) next++;
      const ids = samples.slice(next === first ? Math.max(0, first - 1) : first, Math.max(next, 1));
      return ids.flatMap((id) => sampled.get(id) ?? []);
    },
  };
};

const sampledNodes = (nodes: SampledProfile['nodes']): Map<number, Sampled> => {
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const stackOf = (node: (typeof nodes)[number] | undefined): SurvivorFrame[] => {
    const stack: SurvivorFrame[] = [];
    for (let at = node; at !== undefined; at = parents.get(at.id)) stack.push(frameOf(at.callFrame));
    return stack;
  };
  return new Map(
    nodes.map((node) => [node.id, { stack: stackOf(node), idle: node.callFrame.functionName === '(idle)' }]),
  );
};

const frameOf = ({
  functionName,
  scriptId,
  url,
  lineNumber,
  columnNumber,
}: SampledProfile['nodes'][number]['callFrame']): SurvivorFrame => ({
  function: functionName,
  scriptId,
  url: url.startsWith('wasm:') ? '' : url, // it has no lines that the user wrote
  line: lineNumber,
  column: columnNumber,
});

/** The innermost function of the program is charged with what rose and fell while it, and what is not the program's, ran. */
const byFunction = (charged: ReadonlyMap<Sampled, number>): SurvivorSite[] => {
  const sums = new Map<string, { bytes: number; most: number; stack: readonly SurvivorFrame[] }>();
  for (const [{ stack }, bytes] of charged) {
    const inner = stack.find(({ url }) => isProgramFile(url));
    if (inner === undefined) continue;
    const key = `${inner.url}:${inner.line}:${inner.column}`;
    const sum = sums.get(key) ?? { bytes: 0, most: -Infinity, stack };
    sums.set(key, {
      bytes: sum.bytes + bytes,
      ...(bytes > sum.most ? { most: bytes, stack } : { most: sum.most, stack: sum.stack }),
    });
  }
  return [...sums.values()]
    .filter(({ bytes }) => bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes)
    .map(({ stack, bytes }) => ({ stack, bytes: Math.round(bytes) }));
};
