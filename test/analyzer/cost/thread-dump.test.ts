/** What a thread is doing, from its samples and the kernel's view of it: running, waiting and for what, or idle. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopOf, waitWords } from '#memwatch/agent/process/waits.js';
import type { CommonStack } from '#memwatch/analyzer/cost/stacks.js';
import { describeThread, type ThreadEvidence } from '#memwatch/analyzer/cost/thread-dump.js';
import type { KernelThread } from '#memwatch/analyzer/model/dump.js';

const stack: CommonStack = {
  stack: [{ function: 'hash', file: '/srv/app.js', line: 9 }],
  samples: 30,
  samplesTaken: 40,
  idleSamples: 0,
  mayBeInlined: false,
};
const idle: CommonStack = { ...stack, stack: [], samples: 0, idleSamples: 39 };

/** As the agent describes a thread. */
const kernel = (values: { state?: string; waitsIn?: string; cpuUs?: number } = {}): KernelThread => {
  const { state = 'S', waitsIn = '', cpuUs = 1000 } = values;
  const isStopped = stopOf(state, 1) !== undefined;
  return { id: 1, name: 'node', state, isStopped, waitsIn, waitsFor: waitWords(waitsIn, state), cpuUs };
};

/** Over half a second. */
const evidence = (values: Partial<ThreadEvidence> = {}): ThreadEvidence => ({
  worker: 'main thread',
  stack,
  before: kernel(),
  after: kernel(),
  elapsedUs: 500_000,
  handles: [],
  callbacks: [],
  promises: null,
  loopDelayUs: null,
  hasChildren: false,
  ...values,
});

const described = (values: Partial<ThreadEvidence>) => {
  const { state, waitsFor } = describeThread(evidence(values));
  return [state, waitsFor];
};

test('a thread that uses a core runs, even if it sleeps at the moment of the look', () => {
  const busy = describeThread(evidence({ after: kernel({ cpuUs: 301_000, waitsIn: 'futex_wait_queue' }) }));
  assert.deepEqual([busy.state, busy.waitsFor, busy.cores], ['running', null, 0.6]);
  assert.deepEqual(busy.stack, stack.stack);
  assert.deepEqual(described({ after: kernel({ state: 'R' }) }), ['running', null]);
});

test('more than half of the samples in the event loop are idle, and an idle thread shows no stack', () => {
  const dump = describeThread(evidence({ stack: idle, after: kernel({ waitsIn: 'ep_poll' }) }));
  assert.deepEqual([dump.state, dump.stack, dump.samplesTaken], ['idle', [], 40]);
  const half = { ...stack, idleSamples: 20 };
  assert.equal(describeThread(evidence({ stack: half, after: kernel({ state: 'R' }) })).state, 'running');
});

test('a thread that sleeps in code says what it waits for, by the kernel function', () => {
  const words: Readonly<Record<string, string>> = {
    futex_wait_queue: 'a lock (Atomics.wait, or one of native code)',
    pipe_read: 'a pipe',
    do_wait: 'a child process to end',
    unix_stream_read_generic: 'a socket, in a synchronous call',
    hrtimer_nanosleep: 'a timer of the system (sleep)',
    folio_wait_bit_common: 'a file',
    some_new_call: 'a system call (some_new_call)',
  };
  for (const [waitsIn, expected] of Object.entries(words))
    assert.deepEqual(described({ after: kernel({ waitsIn }) }), ['waiting', expected], waitsIn);
  assert.deepEqual(described({ after: kernel() }), ['waiting', null], 'the kernel does not say');
});

test('a thread in an uninterruptible wait waits for a file or a device', () => {
  assert.deepEqual(described({ after: kernel({ state: 'D', waitsIn: 'drm_wait' }) }), [
    'waiting',
    'a file or device (drm_wait)',
  ]);
});

test('a stopped thread waits for nothing, whatever its samples say', () => {
  const stopped = ['waiting', 'nothing: it is stopped (SIGSTOP or a debugger)'];
  assert.deepEqual(described({ stack: idle, after: kernel({ state: 'T' }) }), stopped);
  assert.deepEqual(described({ stack: undefined, after: kernel({ state: 't' }) }), stopped);
});

test('a poll inside code is a synchronous child process if there are child processes', () => {
  const after = kernel({ waitsIn: 'do_sys_poll' });
  assert.deepEqual(described({ after, hasChildren: true }), ['waiting', 'a child process, in a synchronous call']);
  assert.deepEqual(described({ after }), ['waiting', 'events']);
});

test('of a thread that gave no samples only the kernel knows: it polls for events, or for a child process', () => {
  const after = kernel({ waitsIn: 'ep_poll' });
  assert.deepEqual(described({ stack: undefined, after }), ['idle', 'events']);
  assert.deepEqual(described({ stack: undefined, after, hasChildren: true }), [
    'waiting',
    'events, or a child process that it started synchronously',
  ]);
  assert.deepEqual(described({ stack: undefined, before: undefined, after: undefined }), ['unknown', null]);
});

test('without the kernel’s view a thread with a stack runs, and its share of a core is not known', () => {
  const dump = describeThread(evidence({ before: undefined, after: undefined }));
  assert.deepEqual([dump.state, dump.cores], ['running', null]);
  assert.equal(describeThread(evidence({ elapsedUs: 0 })).cores, null);
});
