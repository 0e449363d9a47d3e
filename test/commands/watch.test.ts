/** `memwatch watch` on a real process: a condition holds, and the evidence names the line that leaks. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { WatchEvent } from '#memwatch/analyzer/model/watch-event.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { sessionKeeper, startProcess, startSource, temporaryFolder } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

test('a condition that holds is captured once: evidence, report, notice; the process is left as it was', async (t) => {
  const folder = temporaryFolder(t);
  const keep = join(folder, 'keep');
  const wrong = await memwatch(['watch', '1', '--keep', keep, '--when', 'heap>lots']);
  assert.deepEqual([wrong.code, /delay p99>200ms/.test(wrong.stderr)], [2, true], wrong.stderr);
  const target = await startSource(t, sessionKeeper);
  // evidence of an earlier run, which is more than may stay
  const old = join(keep, '20200101-000000-000-1');
  mkdirSync(old, { recursive: true });
  writeFileSync(join(old, 'heap.heapsnapshot'), Buffer.alloc(11 * 2 ** 20));
  const cli = [repository('dist/cli.js'), 'watch', String(target.pid), '--json', '--keep', keep, '--max-disk', '10mb'];
  const when = ['--when', 'heap>1KB', 'rss>1000GB', '--interval', '200ms', '--duration', '500ms'];
  const told = join(folder, 'told');
  const notice = ['--notify', `echo "$MEMWATCH_REASON $MEMWATCH_VERDICT $MEMWATCH_FOLDER" >>'${told}'`];
  const watching = await startProcess(t, process.execPath, [...cli, ...when, ...notice], { ready: null });
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  await eventually('it was told', () => read(told).includes('\n'), 120_000);
  const [name, ...others] = readdirSync(keep);
  assert.deepEqual(others, [], 'the old evidence is gone');
  const evidence = join(keep, name ?? '');
  const event = JSON.parse(read(join(evidence, 'event.json'))) as WatchEvent;
  assert.deepEqual(event.files, ['census.json', 'cpu.cpuprofile', 'leaks.html', 'leaks.json', 'survivors.heapprofile']);
  assert.deepEqual(event.alarms.map(({ condition }) => condition), ['heap>1KB']); // prettier-ignore
  assert.match(read(told), /^heap>1KB: the used heap is .* (leak|clean|inconclusive) \//);
  assert.equal(event.sites[0]?.function, 'keepSession');
  assert.match(read(join(evidence, 'report.txt')), /keepSession \(.*target\.mjs:4\)/);
  const modes = [evidence, ...readdirSync(evidence).map((one) => join(evidence, one))].map((one) => statSync(one).mode);
  assert.ok(
    modes.every((mode) => (mode & 0o077) === 0),
    'for this user alone',
  );

  await new Promise((go) => setTimeout(go, 1500)); // the condition still holds
  assert.equal(readdirSync(keep).length, 1, 'not captured again');
  watching.child.kill('SIGINT');
  assert.equal(await watching.exited, 130, watching.output());
  assert.equal(read(told).split('\n').length, 2);
  assert.equal(target.child.exitCode, null);
  await noPortOpen(target.pid);
});
