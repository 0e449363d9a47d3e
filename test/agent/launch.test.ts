import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { memwatch } from '../support/memwatch.js';
import { nodeBinary, outerMajors } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { temporaryFolder } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

const scriptOf = (t: TestContext, source: string, name = 'program.mjs'): string => {
  const script = join(temporaryFolder(t), name);
  writeFileSync(script, source);
  return script;
};

for (const node of outerMajors) {
  test(`a program on Node ${node} is profiled from its first line to its end, and its exit code handed through`, async (t) => {
    const script = scriptOf(
      t,
      `function firstLine() { for (const end = Date.now() + 100; Date.now() < end; ); }
      firstLine(); process.exitCode = 7;
      process.on('exit', function lastLine() { for (const end = Date.now() + 100; Date.now() < end; ); });`,
    );
    const argv = [nodeBinary(node), script];
    const { names, program } = await withAttachment(
      { kind: 'command', argv },
      { programStdout: 'stderr' },
      async (attachment) => {
        const { session } = attachment;
        await session.send('Profiler.enable');
        await session.send('Profiler.start');
        await attachment.runIfWaiting();
        await eventually('the program is at its end', () => attachment.ending.aborted);
        const { profile } = await session.send('Profiler.stop');
        return { names: profile.nodes.map(({ callFrame }) => callFrame.functionName), program: attachment.program };
      },
    );
    for (const name of ['firstLine', 'lastLine'])
      assert.ok(names.includes(name), `${name} is not in ${names.join(' ')}`);
    assert.deepEqual(await program?.exited, { code: 7, signal: null });
  });
}

test('a collection is not waited for if the event loop that would run it has stopped', async (t) => {
  const argv = [scriptOf(t, `setTimeout(() => { throw new RangeError('boom'); }, 300);`)];
  await withAttachment({ kind: 'command', argv }, { programStdout: 'stderr' }, async (attachment) => {
    const { session } = attachment;
    await attachment.runIfWaiting();
    await eventually('the program is at its end', () => attachment.ending.aborted);
    const collected = session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs: Infinity });
    await assert.rejects(collected, { code: 'disconnected' });
  });
});

test('output, arguments and exit code of a started program are handed through', async (t) => {
  const script = scriptOf(t, `console.log('args', ...process.argv.slice(2)); setTimeout(() => process.exit(9), 400);`);
  const run = await memwatch(['attach', '--interval', '0.1', '--', script, 'one', '--two']);
  assert.equal(run.code, 9);
  assert.match(run.stdout, /args one --two/);
  const json = await memwatch(['attach', '--interval', '0.1', '--json', '--', script, 'one']);
  for (const line of json.stdout.trim().split('\n')) assert.match(line, /^\{"schema":"memwatch\/reading@1"/);
  assert.match(json.stderr, /args one/);
});

test('processes that a started program forks do not wait for a debugger', async (t) => {
  const child = scriptOf(t, `process.send(process.execArgv.join(' ')); process.disconnect();`);
  const script = scriptOf(
    t,
    `import { fork } from 'node:child_process';
     fork(${JSON.stringify(child)}).on('message', (flags) => { console.log('flags of the child: [' + flags + ']'); process.exit(0); });`,
  );
  const run = await memwatch(['attach', '--', script], { timeoutMs: 20_000 });
  assert.match(run.stdout, /flags of the child: \[\]/);
});

test('a program that cannot start is an error that says so', async () => {
  const run = await memwatch(['attach', '--', '--no-such-flag']);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /cannot start --no-such-flag: it ended with 9 before/);
});

for (const own of [false, true]) {
  test(`Ctrl-C ends a program ${own ? 'with' : 'without'} its own handler after memwatch has detached`, async (t) => {
    const handler = own ? `process.on('SIGINT', () => { console.log('own way'); process.exit(0); });` : '';
    const script = scriptOf(t, `${handler} console.log('program', process.pid); setInterval(() => {}, 50);`);
    // in its own process group, to which the signal is sent as a terminal does it
    const run = spawn(process.execPath, [repository('dist/cli.js'), 'attach', '--interval', '0.1', '--', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    run.stdout.on('data', (chunk) => (printed += String(chunk)));
    const exited = new Promise<number | null>((done) => run.on('exit', done));
    t.after(() => run.kill('SIGKILL'));
    await eventually('a reading came', () => /\d\d:\d\d:\d\d/.test(printed));
    process.kill(-(run.pid ?? 0), 'SIGINT');
    const code = await exited;
    assert.equal(code, own ? 0 : 130);
    assert.equal(printed.includes('own way'), own);
    const pid = Number(/program (\d+)/.exec(printed)?.[1]);
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });
}
