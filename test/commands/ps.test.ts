import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCgroup } from '../support/cgroups.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { nodeVersions } from '../support/nodes.js';
import { startSource } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

const idle = `setInterval(() => {}, 50); console.log('ready')`;
interface Process {
  pid: number;
  version: string | null;
  script: string;
  rssBytes: number;
  uptimeSeconds: number;
  attachable: boolean;
  reason: string | null;
  inspector: string | null;
  container: string | null;
}

test('ps lists the Node processes, their versions, and whether they can be attached to', async (t) => {
  const flags = ['--inspect-port=0']; // whichever process holds port 9229 now does not matter to this test
  const plain = await startSource(t, idle, { node: 24, flags });
  const old = await startSource(t, idle, { node: 20, flags });
  const deaf = await startSource(t, idle, { node: 22, flags: ['--disable-sigusr1'] });
  const open = await startSource(t, idle, { node: 26, flags: ['--inspect=127.0.0.1:0'], args: ['one'] });
  // the test makes one of a runtime's name; the machine's own units and containers may name the others
  const scope = `docker-${process.pid.toString(16).padStart(64, 'a')}.scope`;
  const inCgroup = makeCgroup(t, old.pid, scope) !== undefined;
  let seen: Process[] = [];
  const of = (pid: number): Process | undefined => seen.find((process) => process.pid === pid);
  await eventually(
    'the inspector answers, also on a busy machine',
    async () => {
      seen = (await memwatchJson(['ps']))['processes'] as Process[];
      return of(open.pid)?.inspector !== null;
    },
    60_000,
  );
  assert.deepEqual(
    [plain, old, deaf, open].map(({ pid }) => [of(pid)?.version, of(pid)?.attachable]),
    [
      [`v${nodeVersions[24]}`, true],
      [`v${nodeVersions[20]}`, true],
      [`v${nodeVersions[22]}`, false],
      [`v${nodeVersions[26]}`, true],
    ],
  );
  if (inCgroup) assert.equal(of(old.pid)?.container, `docker ${'a'.repeat(12)}`);
  assert.match(of(deaf.pid)?.reason ?? '', /--disable-sigusr1/);
  assert.match(of(open.pid)?.inspector ?? '', /^ws:\/\/127\.0\.0\.1:\d+\//);
  assert.match(of(plain.pid)?.script ?? '', /target\.mjs$/);
  assert.ok((of(plain.pid)?.rssBytes ?? 0) > 20e6);
  assert.deepEqual(
    [plain, old, deaf, open].map(({ child }) => child.exitCode),
    [null, null, null, null],
  );
});

test('the table of ps has one line per process, and says why one cannot be attached to', async (t) => {
  const deaf = await startSource(t, idle, { node: 22, flags: ['--disable-sigusr1'] });
  const { stdout } = await memwatch(['ps']);
  assert.match(stdout, /^ *PID {2}NODE +RSS +UP {2}ATTACH +(CONTAINER +)?SCRIPT$/m);
  assert.match(stdout, new RegExp(`^ *${deaf.pid} {2}v22\\.\\d+\\.\\d+ +[\\d.]+ MB +\\S+ s {2}no `, 'm'));
  assert.match(stdout, new RegExp(`^${deaf.pid} runs with --disable-sigusr1$`, 'm'));
});

test('the long name of a pod or unit leaves room for the script', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 1000); console.log('ready')`);
  const name = `memwatch-test-${process.pid}-${'long'.repeat(30)}.service`;
  if (makeCgroup(t, target.pid, name) === undefined) return t.skip('no cgroup may be made here');
  const { stdout } = await memwatch(['ps']);
  const line = stdout.split('\n').find((one) => new RegExp(`^ *${target.pid} `).test(one)) ?? '';
  assert.match(line, / memwatch-test\S*…  \S{12}/, stdout);
});
