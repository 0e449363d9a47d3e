// Counts false alarms: runs scenarios without a leak again and again through `memwatch check`, and memwatch's own
// analysis among them. Any verdict but `clean` is shown; exit code 1 where one is a leak.
//   node scripts/soak.mjs [--runs 100] [--jobs 1] [scenario…]
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '100' }, jobs: { type: 'string', default: '1' } },
});
const folder = 'samples/clean-scenarios';
const scenarios =
  positionals.length > 0 ? positionals : readdirSync(`${root}/${folder}`).map((file) => `${folder}/${file}`);

const check = () =>
  new Promise((done) => {
    const args = ['dist/cli.js', 'check', ...scenarios, '--json', '--jobs', values.jobs];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.on('close', () => done(JSON.parse(out).scenarios));
  });

const counts = {};
for (let run = 1; run <= Number(values.runs); run++) {
  for (const { file, verdict, findings, failure, reasons, durationUs } of await check()) {
    counts[verdict] = (counts[verdict] ?? 0) + 1;
    const why = failure?.message ?? findings.map(({ title }) => title).join('; ');
    if (verdict !== 'clean') console.log(`run ${run}: ${file}: ${verdict}: ${why || reasons.join('; ')}`);
    else if (values.runs === '1') console.log(`${file}: clean, ${(durationUs / 1e6).toFixed(1)} s`);
  }
  console.log(`run ${run} of ${values.runs}: ${JSON.stringify(counts)}`);
}
process.exit((counts.leak ?? 0) === 0 && (counts.failed ?? 0) === 0 ? 0 : 1);
