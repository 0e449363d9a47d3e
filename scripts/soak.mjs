// Counts false alarms: checks programs that do not leak again and again, each in separate processes. These are the scenarios of
// samples/clean-scenarios, memwatch's own code (test/scenarios), and the sample services that only look like a leak.
// Results other than `clean` are printed at once, and a table at the end; exit code 1 if one was called a leak or failed.
//   node scripts/soak.mjs [--runs 100] [--jobs 2] [part of a name…]
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '100' }, jobs: { type: 'string', default: '2' } },
});

const scenariosIn = (folder) =>
  readdirSync(`${root}/${folder}`).map((file) => ({ name: `${folder}/${file}`, args: [`${folder}/${file}`] }));
const service = (name) => ({
  name: `samples/src/${name}.ts`,
  args: ['--interval', '400ms', '--', `samples/dist/${name}.js`],
});
const subjects = [
  ...scenariosIn('samples/clean-scenarios'),
  ...scenariosIn('test/scenarios'),
  ...['bounded-cache', 'batched-log'].map(service),
].filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)));

const check = ({ args }) =>
  new Promise((done) => {
    const command = ['dist/cli.js', 'check', '--json', ...args];
    const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('close', (code) => {
      try {
        done(JSON.parse(out).scenarios[0]);
      } catch {
        done({
          verdict: 'failed',
          failure: { message: `exit code ${code}: ${err.trim()}` },
          findings: [],
          reasons: [],
        });
      }
    });
  });

const rows = new Map(
  subjects.map(({ name }) => [name, { clean: 0, inconclusive: 0, leak: 0, failed: 0, seconds: [] }]),
);
const runs = Number(values.runs);
const queue = Array.from({ length: runs }, (_, run) => subjects.map((subject) => ({ run: run + 1, subject }))).flat();

const worker = async () => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { run, subject } = next;
    const startedAt = performance.now();
    const { verdict, findings, failure, reasons } = await check(subject);
    const row = rows.get(subject.name);
    row[verdict]++;
    row.seconds.push((performance.now() - startedAt) / 1000);
    const why = failure?.message ?? (findings.map(({ title }) => title).join('; ') || reasons.join('; '));
    if (verdict !== 'clean') console.log(`run ${run}: ${subject.name}: ${verdict}: ${why}`);
    if (subject === subjects.at(-1) && run % 10 === 0) console.log(`${run} of ${runs} runs begun`);
  }
};
const startedAt = performance.now();
await Promise.all(Array.from({ length: Number(values.jobs) }, worker));

const verdicts = ['clean', 'inconclusive', 'leak', 'failed'];
const middle = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const table = [...rows].map(([name, row]) => [
  name,
  ...verdicts.map((one) => row[one]),
  middle(row.seconds).toFixed(1),
]);
const sums = verdicts.map((one) => [...rows.values()].reduce((sum, row) => sum + row[one], 0));
for (const cells of [['scenario', ...verdicts, 's'], ...table, ['all', ...sums, '']])
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(44) : String(cell).padStart(13))).join(''));
console.log(`${runs} runs in ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`);
process.exit(sums[2] + sums[3] === 0 ? 0 : 1);
