/**
 * Checks one scenario from start to end: its process, the judgement, its limits. In: a module's path. Out: a report. A
 * fault of the scenario is written in the report instead of thrown, so that other scenarios continue.
 */
import { join, resolve } from 'node:path';
import type { ScenarioDescription } from '../agent/scenario/messages.js';
import { ScenarioError, startScenario, type ScenarioProcess } from '../agent/scenario/process.js';
import { readHeapSnapshot } from '../analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '../analyzer/heap/heap.js';
import type { ScenarioFailure, ScenarioReport } from '../analyzer/model/check.js';
import { findWaste } from '../analyzer/waste/find-waste.js';
import { MemwatchError, throwIfInterrupted } from '../errors.js';
import { writeOutput } from '../files/output.js';
import { prepareSeries } from '../files/series.js';
import { readSource } from './script-text.js';
import { createTemporaryFolder } from '../files/temporary.js';
import { startAnalysis } from './capture-analysis-thread.js';
import { judge, type Judgement } from './judge.js';
import { checkLimits, parseLimits, type Limits } from './limits.js';
import type { Subject } from './subject.js';

export interface CheckScenarioOptions {
  /** The name of the scenario in the report; its file's name unless set. */
  readonly name?: string | undefined;
  /** How long the scenario's own code may run, in milliseconds; 120 000 unless set. */
  readonly timeoutMs?: number | undefined;
  /** Limits that fail the scenario, as a leak does. The scenario's own limits take precedence. */
  readonly limits?: Limits | undefined;
  /** Flags for the scenario's Node, such as `--expose-gc`. */
  readonly nodeOptions?: readonly string[] | undefined;
  /** Keeps the snapshots and the output in this folder; they are deleted unless it is set. */
  readonly artifacts?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

const usualTimeoutMs = 120_000;
const watchMs = 3000;

/**
 * Runs a scenario, a module that exports `iterate(context, i)`, in a process of its own, and says whether it leaks. A
 * fault of the scenario is in the report's `failure`. Throws MemwatchError: `interrupted` after an abort.
 */
export const checkScenario = async (file: string, options: CheckScenarioOptions = {}): Promise<ScenarioReport> => {
  const name = options.name ?? file;
  const startedAt = performance.now();
  if (options.artifacts !== undefined) prepareSeries(options.artifacts, true);
  const temporary = options.artifacts === undefined ? createTemporaryFolder() : undefined;
  const folder = temporary?.path ?? options.artifacts ?? '';
  const scenario = startScenario({ ...options, timeoutMs: options.timeoutMs ?? usualTimeoutMs });
  const elapsedUs = (): number => Math.round((performance.now() - startedAt) * 1000);
  try {
    return { ...(await runScenario(scenario, resolve(file), name, folder, options)), durationUs: elapsedUs() };
  } catch (error) {
    throwIfInterrupted(options.signal); // Ctrl-C ends the scenario's process too: that is not its failure
    return { ...emptyReport(name), passed: false, failure: failureOf(error), durationUs: elapsedUs() };
  } finally {
    await scenario.end();
    temporary?.remove();
    if (temporary === undefined) writeOutput(join(folder, 'output.txt'), `${scenario.output()}\n`, { overwrite: true });
  }
};

/** What memwatch itself could not do for this scenario is reported as that; the other scenarios continue. */
const failureOf = (error: unknown): ScenarioFailure => {
  if (error instanceof ScenarioError) return error.failure;
  if (!(error instanceof MemwatchError) || error.code === 'interrupted') throw error;
  return { kind: 'unusable', message: error.message, hint: error.hint ?? null, output: '' };
};

const failureOfEnd = (error: Error): ScenarioFailure =>
  error instanceof ScenarioError ? error.failure : { kind: 'unusable', message: error.message, hint: null, output: '' };

const runScenario = async (
  scenario: ScenarioProcess,
  file: string,
  name: string,
  folder: string,
  options: CheckScenarioOptions,
): Promise<ScenarioReport> => {
  const described = await scenario.ask<'load'>({ do: 'load', file });
  const limits = { ...options.limits, ...withoutUndefined(parseLimits(described.limits)) };
  const watchPauses = limits.maxPause !== undefined;
  const subject = subjectOf(scenario, described, watchPauses);
  const { analysis, end } = startAnalysis(options.signal);
  const judgement = await judge(subject, analysis, { ...options, watchMs, folder }).finally(end);
  const { cutShort } = judgement;
  if (cutShort !== undefined) return { ...reportOf(name, judgement), passed: false, failure: failureOfEnd(cutShort) };
  const wastedBytes = limits.maxWaste === undefined ? 0 : await measureWaste(subject, options.signal);
  const warnings = await tearDown(scenario);
  const results = checkLimits(limits, judgement.readings, judgement.iterations, wastedBytes);
  return { ...reportOf(name, judgement), limits: results, warnings };
};

/** Of what the scenario's process holds before its teardown. */
const measureWaste = async (subject: Subject, signal: AbortSignal | undefined): Promise<number> => {
  const folder = createTemporaryFolder();
  try {
    const file = join(folder.path, 'waste.heapsnapshot');
    await subject.snapshot(file);
    const heap = new Heap(await readHeapSnapshot(file, signal === undefined ? {} : { signal }));
    return findWaste(heap, readSource).wastedBytes;
  } finally {
    folder.remove();
  }
};

const subjectOf = (scenario: ScenarioProcess, described: ScenarioDescription, watchPauses: boolean): Subject => ({
  step: described.iterations,
  body: described.body,
  run: (iterations, each, atMostMs) =>
    scenario.ask<'run'>({
      do: 'run',
      iterations,
      step: each,
      atMostMs: Math.min(atMostMs, 2 ** 31),
      watchPauses,
    }),
  rest: async (ms) => {
    await scenario.ask<'rest'>({ do: 'rest', ms });
  },
  read: () => scenario.ask<'read'>({ do: 'read' }),
  snapshot: (file) => scenario.ask<'snapshot'>({ do: 'snapshot', file }),
  startSampling: async () => {
    await scenario.ask<'start-sampling'>({ do: 'start-sampling' });
  },
  survivors: () => scenario.ask<'survivors'>({ do: 'survivors' }),
  openings: (of, iterations, step) => scenario.ask<'openings'>({ do: 'openings', of, iterations, step }),
});

/**
 * What is still open afterwards is not a leak, because it does not grow. But a scenario should clean up after itself.
 */
const tearDown = async (scenario: ScenarioProcess): Promise<string[]> => {
  await scenario.ask<'teardown'>({ do: 'teardown' });
  await scenario.ask<'rest'>({ do: 'rest', ms: 20 });
  const { resources } = await scenario.ask<'read'>({ do: 'read' });
  const open = Object.entries(resources).filter(([type]) => !ownResources.has(type));
  if (open.length === 0) return [];
  return [`still open after teardown: ${open.map(([type, count]) => `${count} ${type}`).join(', ')}`];
};

/** What memwatch itself keeps open in the process: its channel and its output. */
const ownResources = new Set(['PipeWrap', 'Pipe', 'PIPEWRAP', 'Immediate', 'CloseReq', 'WriteWrap', 'ShutdownWrap']);

const reportOf = (name: string, judgement: Judgement): ScenarioReport => ({
  ...emptyReport(name),
  verdict: judgement.verdict,
  reasons: judgement.reasons,
  findings: judgement.findings,
  rounds: judgement.iterations.length,
  iterations: judgement.iterations,
  readings: judgement.readings,
  snapshots: judgement.snapshots,
});

/** A report in which nothing is known yet. */
export const emptyReport = (file: string): ScenarioReport => ({
  file,
  passed: true,
  verdict: 'failed',
  reasons: [],
  findings: [],
  new: [],
  known: [],
  worse: [],
  gone: [],
  limits: [],
  failure: null,
  rounds: 0,
  iterations: [],
  readings: [],
  snapshots: 0,
  durationUs: 0,
  warnings: [],
});

const withoutUndefined = (limits: Limits): Limits =>
  Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
