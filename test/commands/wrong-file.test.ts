/** A file given to the wrong command: the error says what it is, and which command opens it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { writePprof } from '#memwatch/analyzer/formats/pprof.js';
import { readProfile } from '#memwatch/analyzer/formats/profile.js';
import { writeSpeedscope } from '#memwatch/analyzer/formats/speedscope.js';
import { MemwatchError } from '#memwatch/errors.js';
import { drawnProfile } from '../support/drawn-profile.js';
import { runInProcess } from '../support/in-process.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { temporaryFolder } from '../support/targets.js';

const snapshot = repository('test/fixtures/snapshots/node-24.heapsnapshot.gz');

interface Kind {
  readonly file: string;
  /** What the error calls it. */
  readonly name: RegExp;
  /** The command that opens it. */
  readonly opener?: string;
  /** The commands that take it, or say something better than its name. */
  readonly taken?: readonly string[];
}

const kindsOf = (folder: string): Kind[] => {
  const write = (name: string, content: string | object | Uint8Array): string => {
    const isText = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(folder, name), isText ? content : JSON.stringify(content));
    return join(folder, name);
  };
  const stacks = readProfile(Buffer.from('# unit: microseconds\na;b 5\n'));
  const callFrame = { functionName: 'f', scriptId: '1', url: 'a.js', lineNumber: 0, columnNumber: 0 };
  const profiles = ['view', 'export', 'diff', 'cpu', 'alloc'];
  return [
    { file: snapshot, name: /a heap snapshot/, opener: 'heap', taken: ['heap', 'waste', 'diff', 'view'] },
    {
      file: drawnProfile(folder),
      name: /a CPU profile of V8/,
      opener: 'cpu',
      taken: ['view', 'export', 'diff', 'cpu'],
    },
    {
      file: write('a.heapprofile', { head: { callFrame, selfSize: 8, id: 1, children: [] }, samples: [] }),
      name: /an allocation profile of V8/,
      opener: 'alloc',
      taken: ['view', 'export', 'diff', 'alloc'],
    },
    { file: write('a.txt', 'a;b 5\n'), name: /collapsed stacks/, opener: 'view', taken: profiles },
    {
      file: write('a.json', writeSpeedscope(stacks, 'a')),
      name: /a speedscope file/,
      opener: 'view',
      taken: profiles,
    },
    { file: write('a.pb.gz', writePprof(stacks)), name: /a pprof profile/, opener: 'view', taken: profiles },
    {
      file: write('perf.txt', 'node 10/10 5.000000: cycles:\n\t7f1 main (/usr/bin/node)\n'),
      name: /the text of perf script/,
      opener: 'view',
      taken: profiles,
    },
    {
      file: write('record.ndjson', '{"schema":"memwatch/record@1","startedMs":1}\n'),
      name: /recording/,
      opener: 'plot',
      taken: ['view'],
    },
    {
      file: write('heap.json', { schema: 'memwatch/heap@1', snapshot: { file: 'a' }, classes: [] }),
      name: /a result that memwatch printed as --json/,
      opener: 'view',
      taken: ['view'],
    },
    { file: write('leaks.base', { schema: 'memwatch/baseline@1', signatures: [] }), name: /baseline/, opener: 'check' },
    {
      file: write('lock', { lockfileVersion: 3, packages: {} }),
      name: /a lockfile/,
      opener: 'audit',
      taken: ['audit'],
    },
    { file: write('firefox.json', { meta: {}, libs: [], threads: [] }), name: /a profile of Firefox/ },
    { file: write('bun.json', { nodeClassNames: [], edgeTypes: [] }), name: /snapshot of JavaScriptCore/ },
    { file: write('trace.json', { traceEvents: [{ ph: 'X', name: 'a', ts: 1 }] }), name: /a trace of events/ },
    { file: write('empty', ''), name: /is empty/, taken: ['check'] },
    { file: write('text', 'hello\n'), name: /is not|is neither|cannot read/, taken: ['check'] },
  ];
};

const words = (command: string, file: string): string[] => {
  if (command === 'diff') return [command, file, file];
  if (command === 'export') return [command, file, '--to', 'md', '-o', `${file}.md`, '--overwrite'];
  return [command, file];
};

const readers = ['cpu', 'alloc', 'heap', 'waste', 'diff', 'leaks', 'view', 'export', 'plot', 'audit', 'check'];
/** They look for a process of that name first, which takes time: one kind is enough. */
const attaching = ['census', 'detach'];

const refusal = async (command: string, file: string): Promise<MemwatchError> => {
  const error = await runInProcess(words(command, file));
  assert.ok(error instanceof MemwatchError, `${command} ${file}: ${String(error)}`);
  return error;
};

test('each command refuses a file of another kind by its name, and names the command that opens it', async (t: TestContext) => {
  const kinds = kindsOf(temporaryFolder(t));
  for (const command of [...readers, ...attaching]) {
    for (const { file, name, opener, taken = [] } of attaching.includes(command) ? kinds.slice(0, 1) : kinds) {
      if (taken.includes(command) || (command === opener && command !== 'check')) continue;
      const { message, hint = '' } = await refusal(command, file);
      assert.match(message, name, `${command} ${file}: ${message}`);
      assert.ok(message.includes(file), `${command} ${file}: ${message}`);
      if (opener !== undefined) assert.match(hint, new RegExp(`memwatch ${opener} `), `${command} ${file}: ${hint}`);
    }
  }
});

test('what cpu and alloc miss in a file that they can read is reported; a mixture is not blamed on the good file', async (t) => {
  const folder = temporaryFolder(t);
  const [stacks, text] = [join(folder, 'a.txt'), join(folder, 'text')];
  writeFileSync(stacks, 'a;b 5\n');
  writeFileSync(text, 'hello\n');
  const profile = drawnProfile(folder);
  const said = async (...argv: string[]): Promise<string> => String(await runInProcess(argv));
  assert.match(await said('cpu', stacks), /a\.txt holds counts without a unit, and no times/);
  assert.match(await said('diff', profile, text), /text is neither a heap snapshot nor a profile/);
  assert.match(await said('diff', snapshot, profile), /a snapshot and a profile cannot be compared/);
  assert.match(await said('leaks', text), /text is not a heap snapshot/);
  const run = await memwatch(['heap', profile]);
  assert.deepEqual([run.code, run.stdout], [2, '']);
  assert.match(run.stderr, /is a CPU profile of V8 \(\.cpuprofile\)\n {2}run memwatch cpu /);
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

test('a capture that does not exist is a missing file, not the script of a process', async () => {
  const commands = ['heap', 'waste', 'cpu', 'alloc', 'leaks', 'census', 'view', 'export', 'diff'];
  for (const command of commands)
    for (const file of ['gone.heapsnapshot', 'gone.cpuprofile', 'gone.heapprofile.gz']) {
      const more = command === 'export' ? ['--to', 'svg'] : command === 'diff' ? [file] : [];
      const thrown = await runInProcess([command, file, ...more]);
      assert.ok(thrown instanceof MemwatchError, `${command} ${file}`);
      assert.match(thrown.message, /no such file/, command);
    }
});
