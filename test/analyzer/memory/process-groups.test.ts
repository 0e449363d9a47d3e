/** Processes of one script as one, with their sums and the one that differs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupProcesses } from '#memwatch/analyzer/memory/process-groups.js';
import { renderGroups } from '#memwatch/commands/ps/watch.js';

const mb = 2 ** 20;
const drawn = (pid: number, rssBytes: number, cpuShare = 0.02, script = 'server.js') => ({
  pid,
  script,
  folder: '/app',
  ports: [],
  container: null,
  rssBytes,
  cpuShare,
});

test('processes of one script are summed, and the one that differs is named', () => {
  const groups = groupProcesses([
    drawn(1, 50 * mb),
    drawn(2, 51 * mb),
    drawn(3, 210 * mb, 0.9),
    drawn(4, 49 * mb),
    drawn(9, 500 * mb, 0.1, 'other\u001b[31m.js'),
  ]);
  assert.deepEqual(groups.map(({ processes }) => processes.length), [1, 4]); // prettier-ignore
  const [, cluster] = groups;
  assert.deepEqual([cluster?.rssBytes, cluster?.cpuShare.toFixed(2)], [360 * mb, '0.96']);
  assert.deepEqual(cluster?.differences.map(({ pid, of }) => [pid, of]), [[3, 'RSS'], [3, 'CPU']]); // prettier-ignore
  const text = renderGroups(groups, 80);
  assert.match(text, /4 × +360 MB +96\.0% {2}server\.js/);
  assert.match(text, /3 \(server\.js\) differs from the others in RSS: 210 MB, usual is 50\.5 MB/);
  assert.ok(!text.includes('\u001b'));
});

test('workers that differ only a little are alike', () => {
  const [alike] = groupProcesses([drawn(1, 50 * mb, 0), drawn(2, 52 * mb, 0), drawn(3, 55 * mb, 0.03)]);
  assert.deepEqual(alike?.differences, []);
});
