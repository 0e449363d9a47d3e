/** A file given to the wrong command: the error says what it is, and which command opens it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { drawnProfile } from '../support/drawn-profile.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { temporaryFolder } from '../support/targets.js';

const snapshot = repository('test/fixtures/snapshots/node-24.heapsnapshot.gz');

test('each command refuses a file of another kind by its name, and names the command that opens it', async (t) => {
  const folder = temporaryFolder(t);
  const profile = drawnProfile(folder);
  const stacks = join(folder, 'stacks.txt');
  writeFileSync(stacks, 'a;b 5\n');
  const firefox = join(folder, 'firefox.json');
  writeFileSync(firefox, JSON.stringify({ meta: {}, libs: [], threads: [] }));
  const recording = join(folder, 'a.ndjson');
  writeFileSync(recording, '{"schema":"memwatch/record@1","startedMs":1}\n{"kind":"mark"}\n');
  const result = join(folder, 'heap.json');
  writeFileSync(result, JSON.stringify({ schema: 'memwatch/heap@1', snapshot: { file: 'a' }, classes: [] }));
  const cases: readonly (readonly [string, string, RegExp, string])[] = [
    ...['cpu', 'alloc', 'export', 'census', 'snapshot', 'leaks', 'check', 'detach'].map(
      (command) => [command, snapshot, /is a heap snapshot$/, `run memwatch heap ${snapshot}`] as const,
    ),
    ...['heap', 'leaks', 'attach', 'check'].map(
      (command) => [command, profile, /is a CPU profile of V8/, `run memwatch cpu ${profile}`] as const,
    ),
    ['cpu', stacks, /is collapsed stacks$/, `run memwatch view ${stacks}`],
    ['cpu', recording, /recording of memwatch record/, 'memwatch plot opens it'],
    ['heap', result, /is a result that memwatch printed as --json$/, `run memwatch view ${result}`],
    ['audit', profile, /is a CPU profile of V8/, `run memwatch cpu ${profile}`],
    ['heap', firefox, /is a profile of Firefox$/, 'no memwatch command opens it'],
  ];
  const runs = cases.map(async ([command, file, name, next]) => {
    const run = await memwatch([command, file, ...(command === 'export' ? ['--to', 'md'] : [])]);
    const [said, hint] = run.stderr
      .trim()
      .split('\n')
      .map((line) => line.trim());
    assert.deepEqual([run.code, run.stdout], [2, ''], `${command} ${file}: ${run.stderr}`);
    assert.match(said ?? '', name, command);
    assert.equal(hint, next, command);
  });
  await Promise.all(runs);
  const mixed = await memwatch(['diff', snapshot, profile]);
  assert.match(mixed.stderr, /a snapshot and a profile cannot be compared/);
});

test('cpu reads a profile of any format that holds times, and says what it could not read', async (t) => {
  const file = join(temporaryFolder(t), 'stacks.txt');
  writeFileSync(file, '# unit: microseconds\na;b 5\nnonsense\nc 3\n');
  const document = await memwatchJson(['cpu', file]);
  const functions = document['functions'] as { name: string; selfUs: number }[];
  assert.deepEqual(
    functions.filter(({ selfUs }) => selfUs > 0).map(({ name, selfUs }) => [name, selfUs]),
    [
      ['b', 5],
      ['c', 3],
    ],
  );
  const run = await memwatch(['cpu', file]);
  assert.match(run.stderr, /stacks\.txt: line 3 is not a stack and was skipped/);
});
