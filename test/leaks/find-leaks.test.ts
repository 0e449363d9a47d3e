/** The entry point of leak finding: what it refuses before it touches a target, and reports on files. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemwatchError } from '#memwatch/errors.js';
import { findLeaks, type FindLeaksOptions } from '#memwatch/leaks/find-leaks.js';
import { drawnSnapshots } from '../support/drawn-snapshot.js';
import { temporaryFolder } from '../support/targets.js';

const refused = (message: string) => (error: unknown) => {
  assert.ok(error instanceof MemwatchError, String(error));
  assert.deepEqual([error.code, error.message], ['bad-argument', message]);
  return true;
};

/** No process can have this number. */
const nobody = { kind: 'pid', pid: 2 ** 30 } as const;

test('options that are no numbers, or too small, are refused by name before anything is attached', async () => {
  const wrong: readonly (readonly [FindLeaksOptions, string])[] = [
    [{ rounds: 1 }, 'rounds must be a whole number of at least 2, not 1'],
    [{ rounds: 2.5 }, 'rounds must be a whole number of at least 2, not 2.5'],
    [{ warmUpRounds: -1 }, 'warmUpRounds must be a whole number of at least 0, not -1'],
    [{ intervalMs: Number.NaN }, 'intervalMs must be a number of at least 0, not NaN'],
    [{ maxMs: 999 }, 'maxMs must be a number of at least 1000, not 999'],
    [{ maxMs: Infinity }, 'maxMs must be a number of at least 1000, not Infinity'],
    [{ maxPauseMs: 0 }, 'maxPauseMs must be a number of at least 1, not 0'],
  ];
  for (const [options, message] of wrong) await assert.rejects(findLeaks(nobody, options), refused(message));
});

test('right options get as far as the process, which does not exist', async () => {
  const options = { rounds: 2, warmUpRounds: 0, intervalMs: 0, maxMs: 1000, maxPauseMs: 1 };
  await assert.rejects(findLeaks(nobody, options), { code: 'no-such-process' });
});

test('snapshots that another run left in a folder are not replaced unless that is wanted', async (t) => {
  const keep = temporaryFolder(t);
  writeFileSync(join(keep, '01.heapsnapshot'), '{}');
  await assert.rejects(findLeaks(nobody, { keep }), { code: 'cannot-write' });
  await assert.rejects(findLeaks(nobody, { keep, overwrite: true }), { code: 'no-such-process' });
  assert.deepEqual(readdirSync(keep), ['01.heapsnapshot'], 'a run that takes no snapshot removes none');
});

test('a leak in files of one process has a finding; they are read in the order that they have', async (t) => {
  const folder = drawnSnapshots(t, [10, 20, 30]);
  const files = readdirSync(folder).map((name) => join(folder, name)).toSorted(); // prettier-ignore
  const said: string[] = [];
  const report = await findLeaks(files, { onProgress: (text) => void said.push(text) });
  assert.deepEqual([report.verdict, report.nodeVersion, report.snapshots], ['leak', undefined, 3]);
  assert.deepEqual(report.findings[0]?.history, [10, 20, 30]);
  assert.match(said[0] ?? '', /1\.heapsnapshot$/);
  assert.deepEqual([report.bounds, report.threads, report.heapBytes], [[], [], []]);
  const backwards = await findLeaks(files.toReversed());
  assert.deepEqual([backwards.verdict, backwards.findings], ['clean', []]);
});

test('the same file twice, also under another name, would show no growth, and is refused', async (t) => {
  const folder = drawnSnapshots(t, [10, 20]);
  const [one, two] = readdirSync(folder).map((name) => join(folder, name)).toSorted(); // prettier-ignore
  const again = `${folder}/./1.heapsnapshot`;
  const files = [one ?? '', two ?? '', again];
  await assert.rejects(findLeaks(files), refused(`${again} is named twice: give different snapshots`));
});

test('two files, a file that is no snapshot, and an abort are errors that programs can tell apart', async (t) => {
  const folder = drawnSnapshots(t, [10, 20, 30]);
  const files = readdirSync(folder).map((name) => join(folder, name)).toSorted(); // prettier-ignore
  await assert.rejects(findLeaks(files.slice(1)), { code: 'bad-argument' });
  await assert.rejects(findLeaks([]), { code: 'bad-argument' });
  await assert.rejects(findLeaks([...files, join(folder, 'absent.heapsnapshot')]), { code: 'cannot-read' });
  const text = join(folder, 'notes.heapsnapshot');
  writeFileSync(text, 'these are notes');
  await assert.rejects(findLeaks([...files, text]), { code: 'not-this-format' });
  await assert.rejects(findLeaks(files, { signal: AbortSignal.abort() }), { code: 'interrupted' });
});
