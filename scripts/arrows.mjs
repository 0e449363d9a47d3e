// Which folder of src/ may import which, and which file knows which package. Prints each import that the two tables do
// not allow, and exits with 1. A folder may only import folders above it in the table, so there can be no circle.
//   node scripts/arrows.mjs [folder that holds src]
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

// each folder, the folders that it may import, and those of which it may import only types
const rooms = [
  ['errors.ts', []],
  ['input.ts', []],
  ['progress.ts', ['errors.ts']],
  ['thread.ts', ['errors.ts']],
  ['files', ['errors.ts']],
  ['source', []],
  ['analyzer/model', ['errors.ts', 'source']],
  ['analyzer/formats/heapsnapshot', ['errors.ts', 'input.ts', 'analyzer/model']],
  ['analyzer/formats', ['errors.ts', 'input.ts', 'source', 'analyzer/model']],
  ['analyzer/formats/documents', ['errors.ts', 'source', 'analyzer/model', 'analyzer/formats']],
  ['analyzer/heap', ['errors.ts', 'analyzer/model']],
  ['analyzer/cost', ['errors.ts', 'analyzer/model']],
  ['analyzer/growth/readings', ['analyzer/model']],
  ['analyzer/growth/code', ['source', 'analyzer/model']],
  ['analyzer/growth/snapshots', ['errors.ts', 'analyzer/model', 'analyzer/heap', 'analyzer/growth/readings']],
  [
    'analyzer/growth',
    [
      'errors.ts',
      'analyzer/model',
      'analyzer/heap',
      'analyzer/growth/readings',
      'analyzer/growth/code',
      'analyzer/growth/snapshots',
    ],
  ],
  ['analyzer/waste', ['analyzer/model', 'analyzer/heap', 'analyzer/growth']],
  ['analyzer/memory', ['errors.ts', 'analyzer/model', 'analyzer/growth/readings']],
  ['agent/process', ['errors.ts'], ['analyzer/model']],
  ['agent/session', ['errors.ts'], ['analyzer/model']],
  ['agent/attach', ['errors.ts', 'files/temporary.ts', 'agent/process', 'agent/session'], ['analyzer/model']],
  [
    'agent/capture',
    ['errors.ts', 'files', 'source/file-address.ts', 'agent/process', 'agent/session', 'agent/attach'],
    ['analyzer/model'],
  ],
  [
    'agent/lines',
    ['errors.ts', 'input.ts', 'files', 'source', 'agent/session', 'agent/attach', 'agent/capture'],
    ['analyzer/model'],
  ],
  ['agent/scenario', ['errors.ts', 'agent/capture'], ['analyzer/model']],
  // runs inside the user's program, which waits for what it loads
  [
    'inside',
    [
      'errors.ts',
      'files',
      'source/file-address.ts',
      'agent/process',
      'agent/session/channel.ts',
      'agent/session/termination.ts',
      'agent/capture/own-documents.ts',
      'agent/capture/census.ts',
      'agent/capture/in-process-profiler.ts',
      'agent/capture/scripts.ts',
    ],
    ['analyzer/model', 'agent/session'],
  ],
  ['report', ['errors.ts', 'source', 'analyzer/model']],
  ['tui/state', ['analyzer/model', 'report']],
  ['tui/rows', ['analyzer/model', 'analyzer/memory', 'report', 'tui/state']],
  ['tui/keys', ['analyzer/model', 'analyzer/memory', 'tui/state', 'tui/rows']],
  ['tui/terminal', ['errors.ts', 'report', 'tui/state', 'tui/rows', 'tui/keys']],
  ['captures', ['errors.ts', 'progress.ts', 'files', 'agent', 'report']],
  ['heap-files', ['errors.ts', 'input.ts', 'progress.ts', 'files', 'analyzer']],
  [
    'leaks',
    [
      'errors.ts',
      'input.ts',
      'files',
      'source',
      'progress.ts',
      'thread.ts',
      'agent',
      'analyzer',
      'report',
      'captures',
      'heap-files',
    ],
  ],
  ['commands/io.ts', ['errors.ts', 'progress.ts', 'analyzer/model', 'report']],
  // apart from the other commands: it must not use the terminal UI
  ['commands/record', ['errors.ts', 'files', 'agent', 'analyzer', 'report', 'commands/io.ts']],
  [
    'commands',
    [
      'errors.ts',
      'input.ts',
      'files',
      'progress.ts',
      'thread.ts',
      'agent',
      'analyzer',
      'report',
      'captures',
      'heap-files',
      'leaks',
      'tui',
      'commands/io.ts',
      'commands/record',
    ],
  ],
  ['testing', ['errors.ts', 'files', 'agent/capture', 'report', 'leaks'], ['analyzer/model']],
  ['index.ts', ['errors.ts', 'progress.ts', 'agent', 'analyzer', 'captures', 'leaks']],
  ['index.cts', ['index.ts']],
  ['main.ts', ['errors.ts', 'files', 'report', 'commands']],
  ['cli.ts', ['errors.ts', 'main.ts']],
];

// each package, and the files or folders that may import it
const packages = {
  acorn: ['source/syntax.ts'],
  '@jridgewell/trace-mapping': ['source/source-map.ts'],
  'chrome-remote-interface': ['agent/session/connection.ts'],
  ws: ['agent/session/connection.ts'], // the one inside chrome-remote-interface
  'devtools-protocol': ['agent'],
  'v8-profiler-next': ['agent/capture/in-process-profiler.ts'],
  'magic-string': ['agent/lines'],
  'pprof-format': ['analyzer/formats'],
  flamegraph: ['report/flamegraph/svg.ts'],
  'd3-flame-graph': ['report/flamegraph/page.ts'],
  'd3-selection': ['report/flamegraph/page.ts'],
  uplot: ['report/recording/page.ts'],
  blessed: ['tui/terminal/screen.ts'],
  '@modelcontextprotocol/server': ['commands/mcp/server.ts'],
  '@duckdb/node-api': ['commands/query/duckdb.ts'],
  '@opentelemetry/sdk-metrics': ['commands/serve/otlp.ts'],
  '@opentelemetry/exporter-metrics-otlp-proto': ['commands/serve/otlp.ts'],
  '@opentelemetry/resources': ['commands/serve/otlp.ts'],
  yargs: ['commands'],
};
// Node's own modules that a folder must not import
const shut = [
  ['analyzer', /^node:(net|http|https|http2|dgram|tls|child_process|readline|tty)$/],
  ['report', /^node:(net|http|https|http2|dgram|tls|child_process|worker_threads)$/],
  ['tui/state', /^node:/],
  ['tui/keys', /^node:/],
  ['tui/rows', /^node:/],
];

const root = `${process.argv[2] ?? '.'}/src`;
const isIn = (file, room) => file === room || file.startsWith(`${room}/`);
/** The place in the table of the innermost room that a file is in; -1 if there is none. */
const roomOf = (file) => {
  const innermost = rooms.map(([room]) => room).filter((room) => isIn(file, room));
  return rooms.findIndex(([room]) => room === innermost.toSorted((a, b) => b.length - a.length)[0]);
};

const importPattern =
  /\b(?<kind>import|export)(?<type> type)?\b[^'"`;]*?\bfrom '(?<from>[^']+)'|\bimport '(?<bare>[^']+)'|(?:\bimport|\brequire|\bcreateRequire\([^;]*?\))\('(?<called>[^']+)'/g;

const importsOf = (text) =>
  [...text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '').matchAll(importPattern)].map(({ groups }) => ({
    name: groups.from ?? groups.bare ?? groups.called,
    isType: groups.type !== undefined,
  }));

const complaintAt = (file, { name, isType }) => {
  if (name.startsWith('.')) return complaintAtFile(file, fileOf(file, name), isType);
  const closed = shut.find(([room, names]) => isIn(file, room) && names.test(name));
  if (closed !== undefined) return `${closed[0]} has no use for ${name}`;
  if (name.startsWith('node:')) return undefined;
  const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  const homes = packages[packageName];
  if (homes === undefined) return `${packageName} is not in the tables of scripts/arrows.mjs`;
  return homes.some((home) => isIn(file, home))
    ? undefined
    : `${packageName} may only be imported by ${homes.join(', ')}`;
};

const fileOf = (file, name) => posix.join(posix.dirname(file), name).replace(/\.([cm]?)js$/, '.$1ts');

const complaintAtFile = (file, target, isType) => {
  const [from, to] = [roomOf(file), roomOf(target)];
  if (from === -1 || to === -1) return `${from === -1 ? file : target} is in no folder of scripts/arrows.mjs`;
  if (from === to) return undefined;
  const [room, mayImport, typesAlone = []] = rooms[from];
  if (to > from) return `${room} is above ${rooms[to][0]} and may not import it`;
  if (mayImport.some((one) => isIn(target, one))) return undefined;
  if (!typesAlone.some((one) => isIn(target, one))) return `${room} may not import ${rooms[to][0]}`;
  return isType ? undefined : `${room} may only import types from ${rooms[to][0]}`;
};

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
const complaints = files
  .filter((file) => /\.c?ts$/.test(file) && !file.endsWith('.d.ts'))
  .flatMap((file) =>
    importsOf(readFileSync(`${root}/${file}`, 'utf8')).flatMap((one) => {
      const complaint = complaintAt(file, one);
      return complaint === undefined ? [] : [`src/${file}: imports ${one.name}: ${complaint}`];
    }),
  );
for (const complaint of complaints) console.error(complaint);
process.exit(complaints.length === 0 ? 0 : 1);
