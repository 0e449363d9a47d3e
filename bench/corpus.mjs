// The corpus of real leaks and their clean twins: memwatch must find the leaks, rank the right thing first, and call
// the twins clean.
//   node bench/corpus.mjs [case…] [--folder FOLDER] [--by pid|files|both|check] [--runs 3] [--interval 1s] [--rate 100]
//     [--leaks-only] [--json FILE]
// The packages are installed once, by npm, into a cache folder; they are no dependencies of memwatch.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string', default: process.env.MEMWATCH_CORPUS ?? here('../test/corpus') },
    by: { type: 'string', default: 'both' },
    runs: { type: 'string', default: '1' },
    interval: { type: 'string', default: '1s' },
    rate: { type: 'string', default: '100' },
    'leaks-only': { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

/** A copy of the corpus with its packages installed, made once for each state of its lock file. */
const install = (folder) => {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'package.json']) hash.update(readFileSync(join(folder, file)));
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'memwatch-corpus');
  const home = join(cache, hash.digest('hex').slice(0, 16));
  if (!existsSync(home)) {
    const part = `${home}.${process.pid}`;
    mkdirSync(part, { recursive: true });
    cpSync(folder, part, { recursive: true, filter: (path) => !path.includes('node_modules') });
    const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: part,
      encoding: 'utf8',
    });
    if (npm.status !== 0) throw new Error(`npm ci failed in ${part}: ${npm.stderr}`);
    try {
      renameSync(part, home);
    } catch {
      rmSync(part, { recursive: true, force: true }); // another run was faster
    }
  }
  cpSync(folder, home, { recursive: true, filter: (path) => !path.includes('node_modules') });
  return home;
};

const memwatch = (args, options = {}) =>
  new Promise((done) => {
    const child = spawn(process.execPath, [here('../dist/cli.js'), ...args, '--json'], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    const timer = setTimeout(() => child.kill('SIGKILL'), 300_000);
    child.on('close', (code) => {
      clearTimeout(timer);
      try {
        done(JSON.parse(out));
      } catch {
        done({ verdict: `failed (${code}): ${err.trim().split('\n').at(-1)}`, findings: [], snapshots: 0 });
      }
    });
  });

const environment = (variant) => ({ ...process.env, CORPUS_VARIANT: variant, NODE_TEST_CONTEXT: undefined });

/** Attached to a server that runs the case for ever. */
const byPid = async (home, name, variant) => {
  const server = spawn(process.execPath, ['serve.mjs', name, values.rate], {
    cwd: home,
    env: environment(variant),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await new Promise((ready, failed) => {
      server.stdout.once('data', ready);
      server.once('exit', (code) => failed(new Error(`${name} ended with ${code}`)));
      setTimeout(() => failed(new Error(`${name} did not start`)), 60_000).unref();
    });
    return await memwatch(['leaks', String(server.pid), '--interval', values.interval]);
  } finally {
    server.kill('SIGKILL');
  }
};

/** From snapshots that the case's process wrote of itself, after rounds of a known number of operations. */
const byFiles = async (home, name, variant) => {
  const folder = mkdtempSync(join(tmpdir(), 'memwatch-corpus-'));
  try {
    const capture = spawnSync(
      process.execPath,
      ['--expose-gc', here('corpus-capture.mjs'), join(home, `${name}.mjs`), folder],
      { cwd: home, env: environment(variant), encoding: 'utf8', timeout: 300_000 },
    );
    if (capture.status !== 0) throw new Error(`${name} failed: ${capture.stderr}`);
    const { iterations } = JSON.parse(capture.stdout.trim().split('\n').at(-1));
    const files = [1, 2, 3, 4].map((k) => join(folder, `${k}.heapsnapshot`));
    return { ...(await memwatch(['leaks', ...files])), iterations };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** As a scenario of `memwatch check`, since the corpus modules have the form of scenarios. */
const byCheck = async (home, name, variant) => {
  const report = await memwatch(['check', `${name}.mjs`], { cwd: home, env: environment(variant) });
  const [scenario] = report.scenarios ?? [{ ...report, failure: { message: report.verdict } }];
  if (scenario.failure) return { verdict: `failed: ${scenario.failure.message}`, findings: [], snapshots: 0 };
  const findings = scenario.findings.map((finding) => ({ ...finding, bytesPerRound: finding.bytesPerIteration }));
  return { ...scenario, findings, iterations: 1 };
};

/** The rank of the first finding whose path or container matches the expected one; 0 if none does. */
const rankOf = (report, expected) => {
  const pattern = new RegExp(expected);
  const text = ({ path, container }) => [...path.flatMap(({ edge, name }) => [edge, name]), container.name].join('\n');
  return report.findings.findIndex((finding) => pattern.test(text(finding))) + 1;
};

const home = install(resolve(values.folder));
const expected = JSON.parse(readFileSync(join(home, 'expected.json'), 'utf8'));
const names = positionals.length > 0 ? positionals : Object.keys(expected);
const ways = {
  pid: [['pid', byPid]],
  files: [['files', byFiles]],
  check: [['check', byCheck]],
  both: [
    ['files', byFiles],
    ['pid', byPid],
  ],
}[values.by];
const rows = [];
const columns = [
  'run',
  'by',
  'leak',
  'verdict',
  'rank',
  'bytes/op',
  'bytes/round',
  'entries/round',
  's',
  'snapshots',
  'where',
];
console.log(columns.join('\t'));
for (let run = 1; run <= Number(values.runs); run++) {
  for (const [by, look] of ways) {
    for (const name of names) {
      for (const variant of values['leaks-only'] ? ['leak'] : ['leak', 'clean']) {
        const start = performance.now();
        const report = await look(home, name, variant).catch((error) => ({
          verdict: `failed: ${error.message}`,
          findings: [],
          snapshots: 0,
        }));
        const first = report.findings[0];
        const row = {
          run,
          by,
          leak: variant === 'leak' ? name : `${name} (twin)`,
          verdict: report.verdict,
          rank: variant === 'leak' ? rankOf(report, expected[name]) || '-' : '',
          'bytes/op': first && report.iterations ? Math.round(first.bytesPerRound / report.iterations) : '',
          'bytes/round': first?.bytesPerRound ?? '',
          'entries/round': first?.countPerRound ?? '',
          s: ((performance.now() - start) / 1000).toFixed(1),
          snapshots: report.snapshots,
          where: first?.location ? `${first.location.file.split('/').slice(-2).join('/')}:${first.location.line}` : '',
        };
        rows.push(row);
        console.log(columns.map((column) => row[column]).join('\t'));
        if (variant === 'clean' && report.verdict !== 'clean')
          console.log(
            JSON.stringify(
              report.findings.map(({ title, signature, history }) => ({ title, signature, history })),
              undefined,
              1,
            ),
            report.reasons,
          );
      }
    }
  }
}

const leaks = rows.filter(({ leak }) => !leak.endsWith('(twin)'));
const twins = rows.filter(({ leak }) => leak.endsWith('(twin)'));
const found = leaks.filter(({ verdict }) => verdict === 'leak').length;
const first = leaks.filter(({ rank }) => rank === 1).length;
const alarms = twins.filter(({ verdict }) => verdict === 'leak').length;
const failed = rows.filter(({ verdict }) => verdict.startsWith('failed')).length;
console.log(
  `${found} of ${leaks.length} leaks found, the right thing first in ${first}; ${alarms} false alarms on ${twins.length} twins; ${failed} failed`,
);
if (values.json) writeFileSync(values.json, JSON.stringify(rows, undefined, 2));
const enough =
  found === leaks.length && first >= leaks.length - Math.floor(leaks.length / 13) && alarms === 0 && failed === 0;
process.exit(enough ? 0 : 1);
