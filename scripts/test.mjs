// Runs the compiled tests with node's own runner. Explicit files, because what a folder or a glob means to
// `node --test` differs between Node 20, 22 and 26; a pinned reporter, so that the count can be read.
//   node scripts/test.mjs [part of a file name…]
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const wanted = process.argv.slice(2);
const files = readdirSync('.test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => existsSync(`test/${file.replace(/js$/, 'ts')}`)) // tsc leaves the output of a test that was moved
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()
  .map((file) => `.test/${file}`);
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`);
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-reporter=spec', '--test-concurrency=3', '--test-timeout=900000', ...files],
  { stdio: 'inherit', env: { ...process.env, LC_ALL: 'C.UTF-8' } }, // the texts hold symbols
);
process.exit(status ?? 1);
