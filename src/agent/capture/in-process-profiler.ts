/**
 * Runs inside a program that may not open an inspector (Node's permission model before 24, a Node built without inspector)
 * and profiles it with v8-profiler-next from its first line to its end. The one file that knows that package, which users
 * install themselves. In: the environment variable below. Out, on file descriptor 3: a .cpuprofile, or why there is none.
 */
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { publicAddress } from '../../source/file-address.js';

/** Microseconds between two samples; if it is set, the profiler starts. */
export const intervalVariable = 'MEMWATCH_IN_PROCESS_INTERVAL_US';
const profileFd = 3;

/** What v8-profiler-next 1.10 gives: V8's profile with 1-based positions, and the lines are inside the call frame. */
interface NativeNode {
  readonly id: number;
  readonly hitCount: number;
  readonly children: readonly number[];
  readonly callFrame: {
    readonly functionName: string;
    readonly scriptId: number;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
    readonly lineTicks?: readonly { line: number; hitCount: number }[];
  };
}
export interface NativeProfile {
  readonly nodes: readonly NativeNode[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  delete(): void;
}
/** A tree of V8's heap sampler, with 1-based positions, too. */
interface NativeTree {
  readonly callFrame: Omit<NativeNode['callFrame'], 'lineTicks'>;
  readonly selfSize: number;
  readonly children: readonly NativeTree[];
}
export interface NativeProfiler {
  setGenerateType(type: 1): void;
  setSamplingInterval(us: number): void;
  startProfiling(title: string, recordSamples: boolean): void;
  stopProfiling(title: string): NativeProfile;
  /** Samples what is alive. */
  startSamplingHeapProfiling(intervalBytes: number, depth: number): void;
  stopSamplingHeapProfiling(): { readonly head: NativeTree };
}

/** Sent instead of a profile if the package cannot be loaded; the program has not run then. */
export interface NoProfiler {
  readonly noProfiler: string;
  readonly code: string | undefined;
  readonly node: string;
}

/** Loads it from the program's working directory, or from memwatch's own folder. If both fail, throws the first error. */
export const loadNativeProfiler = (): NativeProfiler => {
  try {
    return createRequire(join(process.cwd(), 'memwatch.js'))('v8-profiler-next') as NativeProfiler;
  } catch (first) {
    try {
      return createRequire(import.meta.url)('v8-profiler-next') as NativeProfiler;
    } catch {
      throw first;
    }
  }
};

/** As V8 writes it; the package's own is released. */
export const cpuProfileOf = (native: NativeProfile): object => {
  const { startTime, endTime, samples, timeDeltas } = native;
  const nodes = native.nodes.map(({ id, hitCount, children, callFrame }) => ({
    id,
    hitCount,
    children,
    callFrame: frameOf(callFrame),
    positionTicks: (callFrame.lineTicks ?? []).map(({ line, hitCount }) => ({ line, ticks: hitCount })),
  }));
  const profile = { nodes, startTime, endTime, samples, timeDeltas };
  native.delete();
  return profile;
};

/** As V8 writes it. */
export const heapTreeOf = ({ callFrame, selfSize, children }: NativeTree): object => ({
  callFrame: frameOf(callFrame),
  selfSize,
  children: children.map(heapTreeOf),
});

const frameOf = ({ functionName, scriptId, url, lineNumber, columnNumber }: NativeTree['callFrame']): object => ({
  functionName,
  scriptId: String(scriptId),
  url: publicAddress(url),
  lineNumber: lineNumber - 1,
  columnNumber: columnNumber - 1,
});

const write = (document: object): void => {
  const bytes = Buffer.from(JSON.stringify(document));
  for (let written = 0; written < bytes.length;) written += writeSync(profileFd, bytes, written);
};

const loadOrEnd = (): NativeProfiler => {
  try {
    return loadNativeProfiler();
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    write({ noProfiler: message, code, node: process.version } satisfies NoProfiler);
    process.exit(1);
  }
};

const interval = process.env[intervalVariable];
if (interval !== undefined) {
  Reflect.deleteProperty(process.env, intervalVariable); // child processes of the program are not profiled
  // throws if it is not open, so that there is no reader; after fstat of a pipe, Node 20 follows no more links to packages
  writeSync(profileFd, Buffer.alloc(0));
  const profiler = loadOrEnd();
  profiler.setGenerateType(1);
  profiler.setSamplingInterval(Number(interval));
  profiler.startProfiling('memwatch', true);
  process.once('exit', () => write(cpuProfileOf(profiler.stopProfiling('memwatch'))));
  // if the program has no listener of its own, Ctrl-C ends it before `exit`
  process.once('SIGINT', () => {
    if (process.listenerCount('SIGINT') === 0) process.exit(130);
  });
}
