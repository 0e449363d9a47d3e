// noUncheckedIndexedAccess for all of src except the files below. Most read columns (typed arrays) by node, edge, frame or
// line, where a check of every read would cost time and say nothing. A file that no longer needs to be here must leave the
// list. Prints the compiler's other complaints and such files, and exits with 1 if there are any.
import { spawnSync } from 'node:child_process';

const exceptions = {
  'agent/capture': 'call-counts',
  'agent/lines': 'counters line-readings probe-in-target',
  'analyzer/cost': 'call-tree callers diff-tree flame-tree functions lines longest-turn sampled-lines table',
  'analyzer/formats':
    'collapsed cpuprofile perf-script pprof-read pprof protobuf speedscope-read speedscope stack-profile ' +
    'trace v8-profiler',
  'analyzer/formats/heapsnapshot': 'detached edges locations nodes parser rest rows scopes strings value',
  'analyzer/growth':
    'block-variables fills findings kept-functions light locate places rank repeated-modules shapes sizes slice-findings timers title',
  'analyzer/growth/readings': 'evidence gate',
  'analyzer/growth/snapshots':
    'born-bytes causes chains containers direct dominance entries growth-classes id-set match-objects properties regions ' +
    'slices slots steps tallies transients units',
  'analyzer/heap':
    'alike biggest block-ring chains class-history classes diff dominators edge-rules follow heap identity ids ' +
    'machinery marks modules neighbours object-detail packed-retainers paths predecessors retainers summary tree-bits walk ways words',
  'analyzer/memory': 'recording-summary',
  'analyzer/model': 'block-scopes columns heap-graph merge-profiles owner string-table',
  'analyzer/waste':
    'buffers bulk claims code collections contexts equal-objects find-waste holders layout nodes-own objects rows shapes strings subtree',
  'commands/query': 'columns names',
  'commands/tui/data': 'flame-data heap-levels heap-lists heap-rows ordering profile-data tree-list',
  'report/flamegraph': 'data page-script svg',
  'report/recording': 'page-script',
  'tui/terminal': 'screen',
};
const excepted = Object.entries(exceptions).flatMap(([folder, names]) =>
  names.split(' ').map((name) => `src/${folder}/${name}.ts`),
);
const options = ['--noEmit', '--noUncheckedIndexedAccess', '--composite', 'false', '--incremental', 'false'];
const { stdout, status } = spawnSync('node_modules/.bin/tsc', ['-p', 'src', ...options, '--pretty', 'false'], {
  encoding: 'utf8',
});
const complaints = stdout.split('\n').filter((line) => /^src\/.*error TS/.test(line));
const fileOf = (line) => line.slice(0, line.indexOf('('));
const found = complaints.filter((line) => !excepted.includes(fileOf(line)));
const unneeded = excepted.filter((file) => !complaints.some((line) => fileOf(line) === file));
found.push(...unneeded.map((file) => `${file}: needs no exception`));
for (const line of found) console.error(line);
if (status !== 0 && !stdout.includes('error TS')) console.error(`tsc ended with ${status}`);
process.exit(found.length === 0 && (status === 0 || stdout.includes('error TS')) ? 0 : 1);
