/** `--type`: which kind of values of a profile with several kinds a command shows. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writePprof } from '#memwatch/analyzer/formats/pprof.js';
import { createStackProfile } from '#memwatch/analyzer/formats/stack-profile.js';
import { MemwatchError } from '#memwatch/errors.js';
import { runInProcess } from '../support/in-process.js';
import { temporaryFolder } from '../support/targets.js';

/** A heap profile as Go writes it: four kinds of values, and another function on top of each. */
const writeHeapProfile = (folder: string): string => {
  const profile = createStackProfile('allocations', [
    { name: 'live', unit: 'bytes' },
    { name: 'allocated', unit: 'bytes' },
    { name: 'inuse_objects', unit: 'count' },
  ]);
  profile.addStack([profile.frame('keeps')], [700, 800, 1]);
  profile.addStack([profile.frame('churns')], [300, 9000, 5]);
  const file = join(folder, 'heap.pb.gz');
  writeFileSync(file, writePprof(profile.finish()));
  return file;
};

test('--type chooses among the kinds of values, by memwatch’s name or that of pprof', async (t) => {
  const folder = temporaryFolder(t);
  const file = writeHeapProfile(folder);
  const top = async (...argv: string[]) => {
    const document = (await runInProcess(argv)) as Record<string, unknown>;
    const [first] = document['functions'] as { name: string; selfBytes: number }[];
    return [first?.name, first?.selfBytes, document['types'], document['allocatedBytes'], document['liveBytes']];
  };
  assert.deepEqual(await top('alloc', file), ['keeps', 700, ['live', 'allocated', 'inuse_objects'], 9800, 1000]);
  const churns = ['churns', 9000, ['allocated', 'live', 'inuse_objects'], 9800, 1000];
  assert.deepEqual(await top('alloc', file, '--type', 'alloc_space'), churns);
  assert.deepEqual(await top('alloc', file, '--type', 'allocated'), churns);

  const collapsed = join(folder, 'objects.txt');
  await runInProcess(['export', file, '--to', 'collapsed', '--type', 'inuse_objects', '-o', collapsed]);
  assert.equal(readFileSync(collapsed, 'utf8'), 'keeps 1\nchurns 5\n');
  const diff = (await runInProcess(['diff', file, file, '--type', 'inuse_objects'])) as {
    unit: string;
    before: number;
  };
  assert.deepEqual([diff.unit, diff.before], ['count', 6]);
});

test('an unknown type is refused with those that the file has, one of another unit with the command that shows it', async (t) => {
  const file = writeHeapProfile(temporaryFolder(t));
  for (const [command, ...more] of [['alloc'], ['cpu'], ['export', '--to', 'md'], ['diff', file]]) {
    const error = await runInProcess([String(command), file, ...more, '--type', 'wall']);
    assert.ok(error instanceof MemwatchError && error.code === 'bad-argument', String(error));
    assert.match(error.message, /heap\.pb\.gz has no values of type wall/);
    assert.equal(error.hint, 'its types are live (inuse_space), allocated (alloc_space), inuse_objects');
  }
  const error = await runInProcess(['cpu', file, '--type', 'inuse_space']);
  assert.ok(error instanceof MemwatchError);
  assert.match(error.message, /inuse_space of .*heap\.pb\.gz are bytes, and no times/);
  assert.match(error.hint ?? '', /run memwatch alloc .*heap\.pb\.gz --type inuse_space to show it/);
});
