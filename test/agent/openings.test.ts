import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { captureOpenings } from '#memwatch/agent/capture/openings.js';
import { evaluate } from '#memwatch/agent/session/evaluate.js';
import { nodeBinary, testedMajors } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { startSource } from '../support/targets.js';

// what stays open, beside the same kinds of things that end at once; a comment names each line that counts
const program = `
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchOwnOpenings } from '${pathToFileURL(repository('dist/agent/capture/openings.js')).href}';
const byLine = (sites) => sites.map(({ stack, count }) => [stack.find(({ url }) => url.endsWith('program.mjs'))?.line, count]);
const file = process.argv[1];
const files = watchOwnOpenings({ types: [], files: true });
for (let i = 0; i < 2; i++) fs.openSync(file, 'r'); // openSync
fs.closeSync(fs.openSync(file, 'r'));
const stream = fs.createReadStream(file); // stream
const opened = new Promise((resolve) => fs.open(file, 'r', resolve)); // open
await (await open(file)).close();
globalThis.handle = await open(file); // promise
await Promise.all([opened, new Promise((resolve) => stream.once('readable', resolve))]);
const ofFiles = byLine(files());
const handles = watchOwnOpenings({ types: ['WORKER', 'PROCESSWRAP', 'Timeout'], files: false });
const worker = new Worker('setInterval(() => {}, 1000)', { eval: true }); // worker
const brief = new Worker('', { eval: true });
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); // child
const called = spawn('true');
for (let i = 0; i < 3; i++) setInterval(() => {}, 10_000); // timer
clearTimeout(setTimeout(() => {}, 10_000));
await Promise.all([brief, called].map((one) => new Promise((resolve) => one.once('exit', resolve))));
await sleep(100);
const ofHandles = byLine(handles());
fs.openSync(file, 'r');
console.log(JSON.stringify([ofFiles, ofHandles, byLine(files())]));
child.kill('SIGKILL');
process.exit();
`.trimStart();

const commentOf = (line: number): string => program.split('\n')[line - 1]?.split(' // ')[1] ?? `line ${line}`;

for (const major of testedMajors) {
  test(`the lines that open files, threads, child processes and timers, on Node ${major}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'memwatch-openings-'));
    try {
      const file = join(folder, 'program.mjs');
      writeFileSync(file, program);
      const answer: unknown = JSON.parse(
        execFileSync(nodeBinary(major), [file], { encoding: 'utf8', timeout: 60_000 }),
      );
      const [files, handles, afterwards] = (answer as [number, number][][]).map((sites) =>
        Object.fromEntries(sites.map(([line, count]) => [commentOf(line), count])),
      );
      assert.deepEqual(files, { openSync: 2, stream: 1, open: 1, promise: 1 });
      assert.deepEqual(afterwards, files, 'nothing is watched any more');
      assert.deepEqual(handles, { worker: 1, child: 1, timer: 3 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test('a running process is watched only while it is asked to be', async (t) => {
  const source = `
    import fs from 'node:fs';
    globalThis.serve = () => { fs.openSync(process.execPath, 'r'); setInterval(() => {}, 10_000); };
    globalThis.isWhole = () => process.binding('fs').open.toString().includes('[native code]');
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const target = await startSource(t, source);
  await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, async (attachment) => {
    const { session } = attachment;
    let whole = true;
    const sites = await captureOpenings(attachment, { types: ['Timeout'], files: true }, async () => {
      for (let i = 0; i < 3; i++) await evaluate(session, 'serve()');
      whole = await evaluate(session, 'isWhole()');
    });
    const counts = sites.map(({ stack, count }) => [
      stack.find((frame) => frame.function === 'globalThis.serve') && 'serve',
      count,
    ]);
    assert.deepEqual(counts, [
      ['serve', 3],
      ['serve', 3],
    ]);
    assert.deepEqual([whole, await evaluate(session, 'isWhole()')], [false, true]);
  });
});
