import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { Datasets } from '#memwatch/commands/tui/data/datasets.js';
import type { ProviderEvent } from '#memwatch/tui/state/provider.js';
import type { ClassRow } from '#memwatch/tui/state/lists.js';
import { repository } from '../../support/paths.js';
import { temporaryFolder } from '../../support/targets.js';

const order = { sort: 'self', descending: true, filter: '', expanded: [] };
const window = { from: 0, count: 20 };

test('classes of a big heap are there before what they retain, and a question for more waits for it', async (t) => {
  const file = join(temporaryFolder(t), 'big.heapsnapshot');
  execFileSync(process.execPath, [repository('bench/make-synthetic-snapshot.mjs'), file, '800000'], {
    stdio: 'ignore',
  });
  const events: ProviderEvent[] = [];
  const wanted = (): boolean => true;
  let early: Promise<ClassRow[]> | undefined;
  let objects: Promise<number> | undefined;
  const classes = async (): Promise<ClassRow[]> =>
    (await datasets.rows({ list: 'classes' }, order, window, wanted)).rows.filter((row) => row.kind === 'class');
  const datasets = new Datasets((event) => {
    events.push(event);
    if (event.type !== 'loaded') return;
    early = classes();
    const query = { list: 'objects', className: 'Detail' } as const;
    objects = datasets.rows(query, order, window, wanted).then(({ rows }) => rows.length);
  });
  await datasets.open([file]);

  assert.deepEqual(
    events.filter(({ type }) => type !== 'loading').map(({ type }) => type),
    ['loaded', 'refined'],
  );
  const before = (await early) ?? [];
  const after = await classes();
  const counted = (rows: readonly ClassRow[]): unknown =>
    rows.map(({ name, count, selfBytes }) => [name, count, selfBytes]);
  assert.ok(before.length >= 5);
  assert.deepEqual(counted(before), counted(after));
  assert.ok(before.every((row) => row.retainedBytes === null));
  assert.ok(after.every((row) => row.retainedBytes !== null && row.retainedBytes >= row.selfBytes));
  assert.equal(await objects, 20);
});
