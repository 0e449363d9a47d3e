/** `memwatch check`: runs each scenario in its own process; fails on a leak, an exceeded limit or a scenario that fails. */
import { join, relative, resolve } from 'node:path';
import type { CheckReport, ScenarioReport } from '../analyzer/model/check.js';
import type { Target } from '../agent/attach/target.js';
import { compareWithBaseline } from '../analyzer/growth/compare-baseline.js';
import { throwIfInterrupted } from '../errors.js';
import { renderCheck } from '../report/check-text.js';
import { escapeText } from '../report/units.js';
import { checkScenario } from '../leaks/scenario.js';
import { baselineKey, knownLeaksOf, openBaseline, updateBaseline, type OpenBaseline } from './check/baseline.js';
import { checkReport, reportOfEarlyEnd, unusable } from './check/report.js';
import { readOptions, readSubjects, text, type CheckOptions } from './check/options.js';
import { checkOutputs, summaryIn, writeOutputs, type Outputs } from './check/outputs.js';
import { usualMaxMs } from '../leaks/duration.js';
import { checkService } from '../leaks/service.js';
import type { Arguments, Command, Io } from './io.js';
import { refuseCapture } from './profile-file.js';

export const checkCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('scenario', { type: 'string', array: true, describe: 'modules that export iterate(context, i)' })
      .option('timeout', {
        type: 'string',
        default: '2m',
        describe: 'time limit for a scenario’s own code, or for the load of one round',
      })
      .option('jobs', { type: 'number', default: 1, describe: 'scenarios to run at the same time' })
      .option('strict', { type: 'boolean', describe: 'also fail if a scenario is inconclusive' })
      .option('max-growth', { type: 'string', describe: 'limit on memory growth per round, such as 1mb' })
      .option('max-heap', { type: 'string', describe: 'limit on the heap after garbage collection, such as 200mb' })
      .option('max-pause', { type: 'string', describe: 'limit on the longest garbage collection, such as 50ms' })
      .option('max-waste', { type: 'string', describe: 'limit on what memwatch waste finds at the end, such as 5mb' })
      .option('baseline', { type: 'string', describe: 'file of known leaks [memwatch-baseline.json if it exists]' })
      .option('update-baseline', { type: 'boolean', describe: 'write the leaks found to the baseline' })
      .option('junit', { type: 'string', describe: 'write JUnit XML to this file' })
      .option('markdown', { type: 'string', describe: 'write Markdown to this file' })
      .option('artifacts', { type: 'string', describe: 'keep snapshots and the report in this folder' })
      .option('overwrite', { type: 'boolean', describe: 'replace files that no earlier check has written' })
      .option('pid', { type: 'string', describe: 'check a running service instead of scenarios' })
      .option('load', {
        type: 'string',
        describe: 'a shell command that puts load on the service; one run is one round',
      })
      .option('interval', {
        type: 'string',
        default: '5s',
        describe: 'length of a round, for a service without --load',
      })
      .option('max-time', {
        type: 'string',
        default: `${usualMaxMs / 1000}s`,
        describe: 'longest time to watch a service before giving a verdict',
      })
      .option('node-option', { type: 'string', array: true, nargs: 1, describe: 'a flag for the scenarios’ Node' })
      .example('$0 check leaks/*.mjs', 'modules that export iterate(context, i); see docs/ci.md')
      .example('$0 check leaks/*.mjs --update-baseline', 'accept the present leaks as known')
      .example("$0 check --load 'node load.mjs' -- server.js", 'a whole service'),
  run: (args, io) => check(args, io),
};

const check = async (args: Arguments, io: Io): Promise<number | undefined> => {
  const outputs = {
    junit: text(args['junit']),
    markdown: text(args['markdown']),
    artifacts: text(args['artifacts']),
    overwrite: args['overwrite'] === true,
  };
  const folder = process.cwd();
  const run: CheckRun = { names: [], ran: [], baseline: undefined };
  let report: CheckReport;
  try {
    report = await runCheck(run, outputs, args, io);
  } catch (error) {
    const strict = args['strict'] === true;
    const finished = run.ran.map((one) => (run.baseline === undefined ? one : judgeAgainst(one, run.baseline, strict)));
    const early = reportOfEarlyEnd(run.names, finished, error);
    writeOutputs(early, outputs, folder, io);
    if (io.signal.aborted) io.print(early, () => renderCheck(early, { folder, color: io.color }));
    throw error;
  }
  const failed = writeOutputs(report, outputs, folder, io);
  io.print(report, () => renderCheck(report, { folder, color: io.color }));
  const isSeen = report.scenarios.some(({ passed, failure }) => !passed && failure === null); // something is there to look at
  if (isSeen) io.warn(whereToLook(outputs.artifacts));
  if (failed !== undefined) throw failed;
  return io.signal.aborted ? undefined : exitCode(report);
};

/** A screen shows the path, the source and the evidence of each finding. */
const whereToLook = (artifacts: string | undefined): string =>
  artifacts === undefined
    ? 'to look into it: run it again with --artifacts DIR, then memwatch view DIR/check.json'
    : `to look into it: memwatch view ${escapeText(summaryIn(artifacts))}, or the snapshots beside it`;

/** The progress of a check. */
interface CheckRun {
  names: readonly string[];
  /** In the order of the names; a scenario that has not run has no entry. */
  readonly ran: ScenarioReport[];
  baseline: OpenBaseline | undefined;
}

const runCheck = async (run: CheckRun, outputs: Outputs, args: Arguments, io: Io): Promise<CheckReport> => {
  run.names = ((args['scenario'] as unknown[] | undefined) ?? []).map(String);
  checkOutputs(outputs);
  const options = readOptions(args);
  const subjects = readSubjects(args, options);
  const update = args['update-baseline'] === true;
  const baseline = (run.baseline = openBaseline(text(args['baseline']), update));
  await inParallel(subjects, options.jobs, run.ran, (subject) => runSubject(subject, options, io));
  if (update) updateBaseline(baseline, run.ran);
  const known = update ? openBaseline(baseline.path, false) : baseline;
  const scenarios = run.ran.map((scenario) => judgeAgainst(scenario, known, options.strict));
  return checkReport(scenarios, baseline.name);
};

const exitCode = ({ passed, scenarios }: CheckReport): number => {
  if (scenarios.some(({ failure }) => failure?.kind === 'unusable')) return 2;
  return passed ? 0 : 1;
};

const runSubject = (subject: string | Target, options: CheckOptions, io: Io): Promise<ScenarioReport> =>
  typeof subject === 'string' ? checkOne(subject, options, io) : checkService(subject, options, io);

const checkOne = async (file: string, options: CheckOptions, io: Io): Promise<ScenarioReport> => {
  throwIfInterrupted(io.signal);
  await refuseCapture(file);
  const { artifacts } = options;
  const name = file.replaceAll('\\', '/');
  try {
    return await checkScenario(file, {
      ...options,
      name,
      artifacts: artifacts === undefined ? undefined : join(artifacts, folderNameOf(file, options.folder)),
      signal: io.signal,
      onProgress: (step) => io.progress(`${file}: ${step}`),
    });
  } catch (error) {
    throwIfInterrupted(io.signal);
    return unusable(name, error); // the other scenarios still run
  }
};

const folderNameOf = (file: string, folder: string): string =>
  relative(folder, resolve(file)).replaceAll(/[^\w.-]+/g, '-');

/** Runs `jobs` scenarios at a time; results are in the order of the files. */
const inParallel = async <S, T>(
  subjects: readonly S[],
  jobs: number,
  results: T[],
  run: (one: S) => Promise<T>,
): Promise<void> => {
  const queue = subjects.entries();
  const worker = async (): Promise<void> => {
    for (const [i, one] of queue) results[i] = await run(one);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, subjects.length) }, worker));
};

/** Decides which leaks are new and which are known, and whether the scenario passed. */
const judgeAgainst = (scenario: ScenarioReport, baseline: OpenBaseline, strict: boolean): ScenarioReport => {
  if (scenario.failure !== null) return scenario;
  const entries = baseline.known.get(baselineKey(scenario.file, baseline)) ?? [];
  const comparison = compareWithBaseline(knownLeaksOf(scenario), entries);
  // what was seen to grow but not proved is shown, and fails nothing
  const leaks = scenario.verdict === 'leak' ? comparison.new.length + comparison.worse.length : 0;
  const undecided = strict && scenario.verdict === 'inconclusive';
  const passed = leaks === 0 && !undecided && scenario.limits.every(({ exceeded }) => !exceeded);
  return { ...scenario, ...comparison, passed };
};
