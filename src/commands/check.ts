/** `memwatch check`: runs scenarios in processes of their own and fails on a leak, a limit, or a scenario that breaks. */
import { join, relative, resolve } from 'node:path';
import type { CheckReport, ScenarioReport } from '../analyzer/model/check.js';
import type { Target } from '../agent/attach/target.js';
import { compareWithBaseline } from '../analyzer/growth/compare-baseline.js';
import { throwIfInterrupted } from '../errors.js';
import { renderCheck } from '../report/check-text.js';
import { checkScenario } from '../leaks/scenario.js';
import { baselineKey, knownLeaksOf, openBaseline, updateBaseline, type OpenBaseline } from './check/baseline.js';
import { reportOfEarlyEnd, unusable } from './check/early-end.js';
import { readOptions, readSubjects, text, type CheckOptions } from './check/options.js';
import { writeOutputs } from './check/outputs.js';
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
        describe: 'time that a scenario’s own code, or the load in one round, may take',
      })
      .option('jobs', { type: 'number', default: 1, describe: 'scenarios at a time' })
      .option('strict', { type: 'boolean', describe: 'an inconclusive scenario fails too' })
      .option('max-growth', { type: 'string', describe: 'what memory may gain in a round, such as 1mb' })
      .option('max-heap', { type: 'string', describe: 'what the collected heap may come to, such as 200mb' })
      .option('max-pause', { type: 'string', describe: 'longest garbage collection, such as 50ms' })
      .option('baseline', { type: 'string', describe: 'known leaks [memwatch-baseline.json where it exists]' })
      .option('update-baseline', { type: 'boolean', describe: 'write what was found as known' })
      .option('junit', { type: 'string', describe: 'write JUnit XML to this file' })
      .option('markdown', { type: 'string', describe: 'write Markdown to this file' })
      .option('artifacts', { type: 'string', describe: 'keep snapshots and the report in this folder' })
      .option('pid', { type: 'string', describe: 'check a running service instead of scenarios' })
      .option('load', { type: 'string', describe: 'a shell command that loads the service: one round' })
      .option('interval', { type: 'string', default: '5s', describe: 'length of a round of a service without --load' })
      .option('max-time', {
        type: 'string',
        default: `${usualMaxMs / 1000}s`,
        describe: 'how long a service is watched at most until growth is proved or excluded',
      })
      .option('node-option', { type: 'string', array: true, nargs: 1, describe: 'a flag for the scenarios’ Node' })
      .example('$0 check leaks/*.mjs', 'modules that export iterate(context, i); see docs/ci.md')
      .example('$0 check leaks/*.mjs --update-baseline', 'what leaks now is known from here on')
      .example("$0 check --load 'node load.mjs' -- server.js", 'a whole service'),
  run: (args, io) => check(args, io),
};

const check = async (args: Arguments, io: Io): Promise<number> => {
  const outputs = { junit: text(args['junit']), markdown: text(args['markdown']), artifacts: text(args['artifacts']) };
  const folder = process.cwd();
  const run: CheckRun = { names: [], ran: [], baseline: undefined };
  let report: CheckReport;
  try {
    report = await runCheck(run, args, io);
  } catch (error) {
    const strict = args['strict'] === true;
    const finished = run.ran.map((one) => (run.baseline === undefined ? one : judgeAgainst(one, run.baseline, strict)));
    writeOutputs(reportOfEarlyEnd(run.names, finished, error), { ...outputs, artifacts: undefined }, folder, io);
    throw error;
  }
  const failed = writeOutputs(report, outputs, folder, io);
  io.print(report, () => renderCheck(report, { folder, color: io.color }));
  if (failed !== undefined) throw failed;
  return exitCode(report);
};

/** How far a check has come. */
interface CheckRun {
  names: readonly string[];
  /** In the order of the names; what has not been run has no entry. */
  readonly ran: ScenarioReport[];
  baseline: OpenBaseline | undefined;
}

const runCheck = async (run: CheckRun, args: Arguments, io: Io): Promise<CheckReport> => {
  run.names = ((args['scenario'] as unknown[] | undefined) ?? []).map(String);
  const options = readOptions(args);
  const subjects = readSubjects(args, options);
  const update = args['update-baseline'] === true;
  const baseline = (run.baseline = openBaseline(text(args['baseline']), update));
  await inParallel(subjects, options.jobs, run.ran, (subject) => runSubject(subject, options, io));
  if (update) updateBaseline(baseline, run.ran);
  const known = update ? openBaseline(baseline.path, false) : baseline;
  const scenarios = run.ran.map((scenario) => judgeAgainst(scenario, known, options.strict));
  const passed = scenarios.every((scenario) => scenario.passed);
  return { schema: 'memwatch/check@1', passed, scenarios, baseline: baseline.name, warnings: [] };
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
    return unusable(name, error); // the others go on
  }
};

const folderNameOf = (file: string, folder: string): string =>
  relative(folder, resolve(file)).replaceAll(/[^\w.-]+/g, '-');

/** Runs so many at a time; results come to stand in the order of the files. */
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

/** Says what is new and what is known, and whether the scenario passed. */
const judgeAgainst = (scenario: ScenarioReport, baseline: OpenBaseline, strict: boolean): ScenarioReport => {
  if (scenario.failure !== null) return scenario;
  const entries = baseline.known.get(baselineKey(scenario.file, baseline)) ?? [];
  const comparison = compareWithBaseline(knownLeaksOf(scenario), entries);
  const leaks = comparison.new.length + comparison.worse.length;
  const undecided = strict && scenario.verdict === 'inconclusive';
  const passed = leaks === 0 && !undecided && scenario.limits.every(({ exceeded }) => !exceeded);
  return { ...scenario, ...comparison, passed };
};
