/**
 * `memwatch bisect pkg@good..bad scenario.mjs`: the first release of a package with which a scenario leaks. For each
 * release it copies the scenario's folder, installs the release there with npm, checks the copy as `check` does and removes it.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { MemwatchError, throwIfInterrupted } from '../errors.js';
import { createTemporaryFolder } from '../files/temporary.js';
import { checkScenario } from '../leaks/scenario.js';
import { escapeText } from '../report/units.js';
import type { Arguments, Command, Io } from './io.js';
import { isFile, refuseCapture } from './profile-file.js';
import { findTurn, versionsBetween, type Judgement, type Turn } from './releases/bisection.js';
import { installVersion, listVersions } from './releases/npm.js';
import { copyProject } from '../files/project-copy.js';
import { compareVersions } from './releases/versions.js';

export const bisectCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('releases', { type: 'string', demandOption: true, describe: 'package@good..bad' })
      .positional('scenario', {
        type: 'string',
        demandOption: true,
        describe: 'a module that exports iterate(context, i), as for check',
      })
      .option('as', {
        type: 'string',
        describe: 'the name under which the scenario imports the package (default: its own)',
      })
      .option('prereleases', { type: 'boolean', describe: 'also try prereleases such as 2.0.0-rc.1' })
      .option('scripts', { type: 'boolean', describe: 'let installed packages run their install scripts' })
      .option('node-option', { type: 'string', array: true, nargs: 1, describe: 'a flag for the scenario’s Node' })
      .example('$0 bisect debug@2.6.9..4.1.1 loggers.mjs', 'which release began to leak')
      .example('$0 bisect debug@4.4.3..4.1.1 loggers.mjs', 'which release fixed it: here the good one is newer'),
  run: runBisect,
};

interface Tested {
  readonly version: string;
  readonly judgement: Judgement;
  readonly reason: string;
}

async function runBisect(args: Arguments, io: Io): Promise<void> {
  const scenario = String(args['scenario']);
  const { name, good, bad } = readReleases(String(args['releases']));
  if (!isFile(scenario)) throw new MemwatchError('cannot-read', `no such scenario: ${scenario}`);
  await refuseCapture(scenario);
  const published = await listVersions(name, io.signal);
  requirePublished(published, [good, bad], name);
  const versions = versionsBetween(published, good, bad, args['prereleases'] === true);
  const { path: folder, remove } = createTemporaryFolder(dirname(resolve(scenario)));
  const tested: Tested[] = [];
  const judge = async (version: string): Promise<Judgement> => {
    const result = await judgeVersion(version, name, scenario, folder, args, io);
    tested.push(result);
    io.warn(renderTested(name, result));
    return result.judgement;
  };
  try {
    await expectEnd(judge, good, 'good', tested, name);
    await expectEnd(judge, bad, 'bad', tested, name);
    const turn = await findTurn(versions, judge);
    io.print({ schema: 'memwatch/bisect@1', package: name, scenario, ...turn, tested }, () => renderTurn(name, turn));
  } finally {
    remove();
  }
}

/** `@scope/name@1.0.0..2.0.0`. Throws `bad-argument`. */
const readReleases = (text: string): { name: string; good: string; bad: string } => {
  // a folder, a link or a git address would have npm fetch something else than a release
  const [, name, good, bad] = /^((?:@[\w.~-]+\/)?(?!\.)[\w.~-]+)@(\d[\w.+-]*?)\.\.(\d[\w.+-]*)$/.exec(text) ?? [];
  if (name !== undefined && good !== undefined && bad !== undefined && good !== bad) return { name, good, bad };
  throw new MemwatchError('bad-argument', `expected two releases of a package, got ${text}`, {
    hint: 'name the good release first, as in debug@2.6.9..4.1.1',
  });
};

/** Throws `not-found`. */
const requirePublished = (published: readonly string[], wanted: readonly string[], name: string): void => {
  const missing = wanted.find((version) => !published.includes(version));
  if (missing === undefined) return;
  throw new MemwatchError('not-found', `${name} has no release ${missing}`, {
    hint: `run npm view ${name} versions to list them`,
  });
};

const judgeVersion = async (
  version: string,
  name: string,
  scenario: string,
  folder: string,
  args: Arguments,
  io: Io,
): Promise<Tested> => {
  throwIfInterrupted(io.signal);
  io.progress(`${name} ${version}: installing`);
  const { path: copy, remove } = createTemporaryFolder(folder);
  copyProject(dirname(resolve(scenario)), copy);
  const installation = {
    as: String(args['as'] ?? name),
    name,
    version,
    scripts: args['scripts'] === true,
    like: dirname(scenario),
  };
  const failure = await installVersion(copy, installation, io.signal).catch(messageIfFailed);
  if (failure !== undefined) return { version, judgement: 'unknown', reason: failure };
  const report = await checkScenario(join(copy, basename(scenario)), {
    name: version,
    nodeOptions: (args['node-option'] as string[] | undefined) ?? [],
    signal: io.signal,
    onProgress: (step) => io.progress(`${name} ${version}: ${step}`),
  });
  const reason = report.findings[0]?.title ?? report.failure?.message ?? report.reasons[0] ?? '';
  const judgements = { leak: 'bad', clean: 'good', inconclusive: 'unknown', failed: 'unknown' } as const;
  remove();
  return { version, judgement: judgements[report.verdict], reason };
};

/** One release that npm cannot install, such as one that needs a package that is gone, says nothing about the others. */
const messageIfFailed = (error: unknown): string => {
  if (error instanceof MemwatchError && error.code === 'not-found') return error.message;
  throw error;
};

/** Checks that the good release is good and the bad one bad; else the change is not between them. Throws `bad-argument`. */
const expectEnd = async (
  judge: (version: string) => Promise<Judgement>,
  version: string,
  expected: Judgement,
  tested: readonly Tested[],
  name: string,
): Promise<void> => {
  if ((await judge(version)) === expected) return;
  const what = { good: 'does not leak', bad: 'leaks', unknown: 'cannot be judged' };
  const { judgement = 'unknown', reason = '' } = tested.at(-1) ?? {};
  throw new MemwatchError('bad-argument', `${name} ${version} ${what[judgement]} in this scenario: ${reason}`, {
    hint:
      judgement === 'unknown'
        ? 'both ends need a verdict: name other releases, or try the scenario alone with memwatch check'
        : 'name a release that does not leak first, then one that does',
  });
};

const renderTested = (name: string, { version, judgement, reason }: Tested): string =>
  escapeText(
    `${name} ${version}: ${{ good: 'clean', bad: 'leaks', unknown: 'no verdict' }[judgement]}${reason === '' ? '' : `, ${reason}`}`,
  );

const renderTurn = (name: string, { lastGood, firstBad, untested }: Turn): string => {
  const [good, bad] = [`${name} ${lastGood}`, `${name} ${firstBad}`];
  const line =
    compareVersions(lastGood, firstBad) < 0
      ? `${bad} is the first that leaks; ${good} does not`
      : `${good} is the first that does not leak; ${bad} does`;
  return escapeText(untested.length === 0 ? line : `${line}; no verdict for ${untested.join(', ')} between them`);
};
