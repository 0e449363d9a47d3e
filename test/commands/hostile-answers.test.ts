/**
 * An inspector that is attached to may answer the right commands with the wrong shapes: memwatch reports it in one line,
 * with exit code 2.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startFakeInspector, type FakeAnswers } from '../support/fake-inspector.js';
import { memwatch } from '../support/memwatch.js';
import { temporaryFolder } from '../support/targets.js';

const profile = (value: unknown): FakeAnswers['result'] => {
  const stops = ['Profiler.stop', 'HeapProfiler.stopSampling', 'HeapProfiler.getSamplingProfile'];
  return (method) => (stops.includes(method) ? { profile: value } : undefined);
};
const worker: FakeAnswers['result'] = (method, send) => {
  if (method === 'NodeWorker.enable') send({ method: 'NodeWorker.attachedToWorker', params: { sessionId: 3 } });
  return method === 'NodeWorker.enable' ? {} : undefined;
};

/** Every question about memory is answered with this. */
const memory = (value: unknown): FakeAnswers['result'] => {
  return (method, _, params) =>
    method === 'Runtime.evaluate' && /memoryUsage|getHeap/.test(params)
      ? { result: { type: 'object', value } }
      : undefined;
};

const cases: Record<string, { command: string[]; result: FakeAnswers['result']; says: RegExp }> = {
  'a CPU profile that is a number': {
    command: ['cpu', '-d', '100ms'],
    result: profile(7),
    says: /contains no profile/,
  },
  'a CPU profile whose nodes are a text': {
    command: ['cpu', '-d', '100ms'],
    result: profile({ nodes: 'x' }),
    says: /contains no profile/,
  },
  'a CPU profile with a broken node': {
    command: ['cpu', '-d', '100ms'],
    result: profile({ nodes: [{ id: 1 }], samples: [1], timeDeltas: [1], startTime: 0, endTime: 5 }),
    says: /contains no profile/,
  },
  'an allocation profile without a tree': {
    command: ['alloc', '-d', '100ms'],
    result: profile({ head: 5 }),
    says: /contains no profile/,
  },
  'an allocation profile with a node that has no children': {
    command: ['alloc', '-d', '100ms'],
    result: profile({ head: { callFrame: { functionName: '', url: '' }, selfSize: 1, children: [null] } }),
    says: /contains no profile/,
  },
  'a CPU profile with a function that has no address': {
    command: ['cpu', '-d', '100ms'],
    result: profile({ nodes: [{ id: 1, callFrame: { functionName: 'f' } }], startTime: 0, endTime: 5 }),
    says: /contains no profile/,
  },
  'a worker without a name': {
    command: ['dump'],
    result: worker,
    says: /something that is not the inspector protocol/,
  },
  'a heap without a size': { command: ['snapshot'], result: memory({}), says: /does not say how large its heap is/ },
  'a heap whose size is a text': {
    command: ['snapshot'],
    result: memory({ usedBytes: 'x', largeBytes: null }),
    says: /does not say how large its heap is/,
  },
  'no heap at all': { command: ['snapshot'], result: memory(undefined), says: /does not say how large its heap is/ },
  'a version that is an object': {
    command: ['dump'],
    result: (method, _, params) =>
      method === 'Runtime.evaluate' && /[" ]process\.version\\n/.test(params) ? { result: { value: {} } } : undefined,
    says: /does not say which version of Node it is/,
  },
  'a heap without a size, for a census': {
    command: ['census'],
    result: memory({}),
    says: /does not say how large its heap is/,
  },
};

for (const [name, { command, result, says }] of Object.entries(cases)) {
  test(`${name} is one line and exit code 2`, async (t) => {
    assert.ok(result);
    const { url } = await startFakeInspector(t, { result });
    const run = await memwatch([...command, url], { cwd: temporaryFolder(t) });
    assert.equal(run.code, 2, run.stderr + run.stdout);
    assert.match(run.stderr, says);
    assert.doesNotMatch(run.stderr, /bug in memwatch|NaN|undefined|\n\s+at /);
  });
}

for (const [name, params] of Object.entries({
  numbers: { chunk: 7 },
  missing: {},
  'no snapshot': { chunk: '<html>' },
})) {
  test(`pieces of a snapshot that are ${name} leave no file`, async (t) => {
    const { url } = await startFakeInspector(t, {
      result: (method, send) => {
        if (method !== 'HeapProfiler.takeHeapSnapshot') return undefined;
        send({ method: 'HeapProfiler.addHeapSnapshotChunk', params });
        return {};
      },
    });
    const folder = temporaryFolder(t);
    const run = await memwatch(['snapshot', '--force', '-o', join(folder, 'x.heapsnapshot'), url]);
    assert.equal(run.code, 2, run.stderr + run.stdout);
    assert.match(run.stderr, /not the inspector protocol|incomplete/);
    assert.doesNotMatch(run.stderr, /bug in memwatch|\n\s+at /);
  });
}
