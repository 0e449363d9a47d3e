// Runs the compiled tests with node's own runner. Explicit files, because what a folder or a glob means to
// `node --test` differs between Node 20, 22 and 26; the longest first, because `node --test` would sort them by name and
// end with one long file alone; a pinned reporter, so that the count can be read.
//   node scripts/test.mjs [part of a file name…]
import { existsSync, readdirSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const longest = [
  'samples/leaks',
  'commands/leaks-live',
  'commands/check',
  'leaks/live',
  'testing/runners',
  'commands/tree',
  'tui/attach',
  'commands/cpu',
];
const rankOf = (file) => (longest.findIndex((part) => file.includes(part)) + longest.length + 1) % (longest.length + 1);

const wanted = process.argv.slice(2);
const files = readdirSync('.test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => existsSync(`test/${file.replace(/js$/, 'ts')}`)) // tsc leaves the output of a test that was moved
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()
  .sort((a, b) => rankOf(a) - rankOf(b))
  .map((file) => `.test/${file}`);
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`);
  process.exit(2);
}
process.env.LC_ALL = 'C.UTF-8'; // the texts hold symbols
run({ files, concurrency: 3, timeout: 900_000 })
  .on('test:fail', () => (process.exitCode = 1))
  .compose(spec)
  .pipe(process.stdout);
