/**
 * Cutting the connection to a target that does not answer in time. Node reads freed memory, and ends, when it is asked to
 * close its inspector and gets a client's goodbye, or another message, at the same moment.
 */
import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { attach } from '#memwatch/agent/attach/attach.js';
import { childProcessIds } from '#memwatch/agent/process/proc.js';
import { connectSession } from '#memwatch/agent/session/protocol.js';
import { startFakeInspector, textFrame } from '../support/fake-inspector.js';
import { testedMajors } from '../support/nodes.js';
import { startSource } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

/** The kinds of the frames in what a client sent; its frames are masked and short. */
const kindsOfFrames = (bytes: Buffer): number[] => {
  const kinds: number[] = [];
  for (let at = 0; at < bytes.length;) {
    kinds.push((bytes[at] ?? 0) & 15);
    const short = (bytes[at + 1] ?? 0) & 127;
    at += short === 126 ? 8 + bytes.readUInt16BE(at + 2) : 6 + short;
  }
  return kinds;
};
const [text, goodbye] = [1, 8];

test('what undoes everything is sent last: no goodbye follows it', async (t) => {
  let received = Buffer.alloc(0);
  let ended = false;
  const open = (socket: NodeJS.EventEmitter): void => {
    socket.on('data', (data: Buffer) => (received = Buffer.concat([received, data])));
    socket.on('end', () => (ended = true));
  };
  const { url } = await startFakeInspector(t, { open });
  const session = await connectSession(url);
  session.beforeCut(() => void session.send('Runtime.evaluate', { expression: 'undo()' }).catch(() => {}));
  session.hurry();
  await session.close().catch(() => {}); // before the cut: says goodbye
  await eventually('the connection ends', () => ended);
  assert.deepEqual(kindsOfFrames(received), [goodbye]);

  [received, ended] = [Buffer.alloc(0), false];
  const silent = await connectSession(url);
  silent.beforeCut(() => void silent.send('Runtime.evaluate', { expression: 'undo()' }).catch(() => {}));
  silent.hurry();
  await eventually('the connection is cut', () => ended);
  await silent.close();
  assert.deepEqual(kindsOfFrames(received), [text]);
});

test('while a target closes its inspector nothing else is sent to it: no command, and nothing that acknowledges a message', async (t) => {
  /** What is sent after a command while its answer is awaited and messages come; then it is answered. */
  const sentAfter = async (closes: boolean): Promise<number> => {
    let received = Buffer.alloc(0);
    let socket: Duplex | undefined;
    const { url } = await startFakeInspector(t, {
      open: (opened) => {
        socket = opened;
        opened.on('data', (data: Buffer) => (received = Buffer.concat([received, data])));
      },
    });
    const write = (message: object): void => void socket?.write(textFrame(JSON.stringify(message)));
    const session = await connectSession(url);
    let heard = 0;
    session.on('HeapProfiler.lastSeenObjectId', () => heard++);
    const first = session.send('Runtime.evaluate', { expression: '' }, { closes });
    const second = session.send('Runtime.getIsolateId');
    for (let i = 0; i < 30; i++) {
      write({ method: 'HeapProfiler.lastSeenObjectId', params: {} });
      await sleep(5);
    }
    await eventually('the messages come', () => heard === 30);
    const sent = kindsOfFrames(received).length - 1;
    write({ id: 1, result: { result: {} } });
    await first;
    await eventually('the second command is sent', () => kindsOfFrames(received).length > 1);
    write({ id: 2, result: { id: '' } });
    await second;
    await session.close();
    return sent;
  };
  assert.ok((await sentAfter(false)) > 1);
  assert.equal(await sentAfter(true), 0);
});

test('targets that are cut off while they can answer, and one that cannot, live, and close what memwatch opened', async (t) => {
  const cutOff = async (node: (typeof testedMajors)[number]): Promise<void> => {
    const source = "setInterval(() => {}, 1000); console.log('ready');";
    const target = await startSource(t, source, { node, flags: ['--inspect-port=0'] });
    for (let i = 0; i < 6; i++) {
      const { main, detach } = await attach({ kind: 'pid', pid: target.pid, worker: undefined });
      main.hurry();
      await eventually('the connection is cut', () => main.closed.aborted);
      await detach().catch(() => {});
      await noPortOpen(target.pid);
    }
    assert.equal(target.child.exitCode ?? target.child.signalCode, null, target.output());
  };
  /** It answers only between two children, and its loop, with the guard's timer, does not turn. */
  const leaveSilent = async (): Promise<void> => {
    const source = `const { execSync } = require('node:child_process');
      setTimeout(() => { for (;;) execSync('sleep 3.5'); }, 500); console.log('ready');`;
    const target = await startSource(t, source, { node: 24, kind: 'cjs', flags: ['--inspect-port=0'] });
    const { detach } = await attach({ kind: 'pid', pid: target.pid, worker: undefined });
    await eventually('it waits for a child', () => childProcessIds(target.pid).length > 0);
    await detach();
    await noPortOpen(target.pid);
    assert.equal(target.child.exitCode ?? target.child.signalCode, null, target.output());
  };
  await Promise.all([...testedMajors.map(cutOff), leaveSilent()]);
});
