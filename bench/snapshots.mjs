// Reads large heap snapshots with memwatch and with its peers, side by side: seconds and peak memory of parsing, retained
// sizes of all nodes and classes, each in a separate process, and whether the results agree.
//   npm run bench [-- --runs 3] [-- --huge]     (needs about 8 GB of memory and npm; peers go to bench/.out)
// --huge adds a snapshot of over 4 GB, read only by memwatch.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bundleDevtools } from './devtools-engine.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = here('.out');
const option = (name) => process.argv.includes(name);
const runs = option('--runs') ? Number(process.argv[process.argv.indexOf('--runs') + 1]) : 3;
const peers = {
  'chrome-devtools-frontend': '1.0.1705227',
  '@memlab/core': '2.0.5',
  '@memlab/heap-analysis': '2.0.5',
  '@vscode/v8-heap-parser': '0.1.0',
  typescript: '5.9.3',
};

const node = (args) => ['--max-old-space-size=16000', ...args];

/** Makes a snapshot if it does not exist yet. */
const make = (name, args) => {
  const file = `${out}/${name}.heapsnapshot`;
  if (!existsSync(file)) {
    console.log(`making ${name}`);
    execFileSync(process.execPath, node([here(args[0]), file, ...args.slice(1)]), { stdio: 'inherit' });
  }
  return file;
};

const installPeers = () => {
  mkdirSync(out, { recursive: true });
  if (!existsSync(`${out}/package.json`)) writeFileSync(`${out}/package.json`, '{"private":true}');
  const wanted = Object.entries(peers).map(([name, version]) => `${name}@${version}`);
  if (Object.keys(peers).every((name) => existsSync(`${out}/node_modules/${name}`))) return;
  console.log('installing the peers');
  execFileSync('npm', ['install', '--prefix', out, '--ignore-scripts', '--no-audit', '--no-fund', ...wanted], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};

/** The run with the median time; undefined if the engine cannot read the file. A busy machine shows in the seconds. */
const measure = (script, file, ...more) => {
  const results = [];
  for (let run = 0; run < runs; run++) {
    const child = spawnSync(process.execPath, node([here(script), file, ...more]), {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      timeout: 1_800_000,
    });
    const start = child.stdout.indexOf('{"engine"');
    if (child.status !== 0 || start === -1) return undefined;
    results.push(JSON.parse(child.stdout.slice(start)));
  }
  return results.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(results.length / 2)];
};

/** The share of the largest objects to which both engines give the same retained size, as text; `no list` if the peer names none. */
const agreement = (ours, theirs) => {
  const ids = Object.keys(theirs.largest).filter((id) => id in ours.largest);
  const same = ids.filter((id) => Math.abs(ours.largest[id] - theirs.largest[id]) <= 0.01 * theirs.largest[id]).length;
  const counts = ours.nodes === theirs.nodes && (theirs.edges === undefined || ours.edges === theirs.edges);
  const total = Math.abs(ours.selfBytes - theirs.selfBytes) < 1;
  const largest = ids.length === 0 ? 'no list' : `${same} of ${ids.length} largest`;
  return `${counts ? 'counts' : 'COUNTS DIFFER'}, ${total ? 'self bytes' : 'SELF BYTES DIFFER'}, ${largest}`;
};

const compare = (title, file, bundle) => {
  const bytes = statSync(file).size;
  const modules = `${out}/node_modules`;
  const ours = measure('run-memwatch.mjs', file);
  console.log(`\n${title}: ${(bytes / 1e6).toFixed(0)} MB, ${ours.nodes} nodes, ${ours.edges} edges`);
  const rows = [['memwatch', ours]];
  rows.push(['DevTools engine', measure('run-devtools.mjs', file, bundle)]);
  rows.push(['memlab', measure('run-memlab.mjs', file, modules)]);
  rows.push(['v8-heap-parser', measure('run-v8-heap-parser.mjs', file, modules)]);
  console.log(row('engine', 'seconds', 'cpu s', 'peak MB', 'time', 'cpu', 'memory', 'agrees in'));
  for (const [name, result] of rows) console.log(resultRow(name, result, ours));
};

const row = (name, ...cells) =>
  name.padEnd(16) + cells.map((cell, at) => (at === cells.length - 1 ? `  ${cell}` : cell.padStart(9))).join('');

/** The ratios say how many times as much as memwatch the engine needs. */
const resultRow = (name, result, ours) => {
  if (result === undefined) return row(name, '-', '-', '-', '-', '-', '-', 'cannot read it');
  const ratio = (figure) => `${(result[figure] / ours[figure]).toFixed(2)}x`;
  return row(
    name,
    result.seconds.toFixed(2),
    result.cpuSeconds.toFixed(1),
    String(result.peakMegabytes),
    ratio('seconds'),
    ratio('cpuSeconds'),
    ratio('peakMegabytes'),
    result === ours ? '' : agreement(ours, result),
  );
};

installPeers();
const bundle = await bundleDevtools(
  `${out}/node_modules/chrome-devtools-frontend/front_end`,
  `${out}/devtools-engine.mjs`,
);
console.log(`Node ${process.version}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`);
compare(
  'A compiler (real program)',
  make('compiler', ['make-compiler.mjs', `${out}/node_modules/typescript`, '2']),
  bundle,
);
compare('A service (made for this)', make('service', ['make-service.mjs', '1.15']), bundle);
if (option('--huge')) {
  const file = make('huge', ['multiply.mjs', `${out}/service.heapsnapshot`, '4']);
  const result = measure('run-memwatch.mjs', file);
  const megabytes = statSync(file).size / 1e6;
  console.log(
    `\nThat service four times over: ${megabytes.toFixed(0)} MB read in ${result.seconds.toFixed(1)} s, peak ${result.peakMegabytes} MB, ${(result.peakMegabytes / megabytes).toFixed(2)} of its size`,
  );
}
