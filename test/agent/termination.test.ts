/** Code with a time limit (node:vm) keeps it, although V8 may end a command of memwatch's in its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from '#memwatch/agent/session/evaluate.js';
import { passTerminationsOn } from '#memwatch/agent/session/termination.js';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { drawSession, valueOf } from '../support/drawn-session.js';
import { testedMajors } from '../support/nodes.js';
import { startSource } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

/** Runs code by node:vm that never ends, again and again; says how often its limit ended it. */
const limited = `const vm = require('node:vm');
  let ended = 0;
  const run = () => {
    try {
      vm.runInNewContext('for (;;);', {}, { timeout: 15 });
    } catch ({ code }) {
      if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') ended++;
      else console.log('failed:', code);
    }
    setImmediate(run);
  };
  run();
  setInterval(() => console.log('ended', ended), 200);
  console.log('ready');`;

for (const node of testedMajors) {
  test(`on Node ${node}, code with a time limit still ends in time while and after memwatch is attached`, async (t) => {
    const target = await startSource(t, limited, { node, kind: 'cjs' });
    const endedSoFar = (): number => Number(/ended (\d+)\n(?!.*ended)/s.exec(target.output())?.[1] ?? 0);
    const endsMore = async (): Promise<void> => {
      const before = endedSoFar();
      await eventually('more runs end', () => endedSoFar() > before + 5);
    };
    await withAttachment({ kind: 'pid', pid: target.pid }, {}, async ({ main }) => {
      for (let asked = 0; asked < 100; asked++) {
        // long enough to be ended in the place of the program's code, were it run there
        const sum = await evaluate(main, () => {
          let sum = 0;
          for (let i = 0; i < 1e6; i++) sum += i;
          return sum;
        });
        assert.equal(sum, 499_999_500_000);
      }
      await endsMore();
    });
    await endsMore();
    assert.doesNotMatch(target.output(), /failed/);
  });
}

test('a command that was ended in the place of other code is repeated, after that code was ended', async () => {
  const sent: string[] = [];
  const answers = ['Execution was terminated', 'Execution was terminated', undefined];
  const ask = passTerminationsOn(async (method) => {
    sent.push(method);
    if (method === 'Runtime.terminateExecution') return {};
    const error = answers.shift();
    if (error !== undefined) throw new Error(error);
    return { is: 'answered' };
  });
  assert.deepEqual(await ask('Runtime.evaluate', {}), { is: 'answered' });
  assert.deepEqual(
    sent.map((method) => method.replace('Runtime.', '')),
    ['evaluate', 'terminateExecution', 'evaluate', 'terminateExecution', 'evaluate'],
  );
});

test('any other error is the answer, and nothing of the program is ended', async () => {
  const sent: string[] = [];
  const ask = passTerminationsOn(async (method) => {
    sent.push(method);
    if (method === 'Runtime.evaluate') return { result: { value: false } };
    throw new Error('Internal error');
  });
  await assert.rejects(ask('Runtime.getProperties', {}), /Internal error/);
  assert.deepEqual(sent, ['Runtime.getProperties', 'Runtime.evaluate']);
});

test('V8 answers with an exception if a reading of properties was ended: it is repeated, too', async () => {
  const sent: string[] = [];
  const ask = passTerminationsOn(async (method) => {
    sent.push(method.replace('Runtime.', ''));
    if (method === 'Runtime.evaluate') return { result: { value: true } }; // node:vm runs code
    return sent.length === 1 ? { result: [], exceptionDetails: { text: 'Uncaught' } } : { result: ['read'] };
  });
  assert.deepEqual(await ask('Runtime.getProperties', {}), { result: ['read'] });
  assert.deepEqual(sent, ['getProperties', 'evaluate', 'terminateExecution', 'getProperties']);
});

test('what V8 dropped before it ran is asked again, and an answer that never comes is an error', async () => {
  let asked = 0;
  const lossy = (losses: number) =>
    drawSession({
      'Runtime.evaluate': () => {
        if (asked++ < losses) throw new Error('Promise was collected');
        return valueOf(asked);
      },
    }).session;
  assert.equal(await evaluate(lossy(2), () => 0), 3);
  await assert.rejects(
    evaluate(lossy(Infinity), () => 0),
    /Promise was collected/,
  );
  assert.equal(asked, 8, 'a bounded number of times');
});
