// expectNoLeak, limitMemory and trackGrowth under node:test: `node --test`, no flag needed.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { expectNoLeak, limitMemory, trackGrowth } from '@memwatch/memwatch/testing';
import { close, closeAll, open } from './sessions.js';

// Each check starts with an empty store: captures of a large heap take long.
afterEach(closeAll);

test('a session that is closed leaves nothing behind', async () => {
  await expectNoLeak((i) => {
    open(`closed-${i}`);
    close(`closed-${i}`);
  });
});

test('a session that is never closed is a leak, named with its line', async () => {
  await assert.rejects(
    expectNoLeak((i) => open(`open-${i}`)),
    /Map sessions gains 1 Session a call[^]*sessions\.js:3/,
  );
});

test('opening a thousand sessions keeps less than 1 MB and never holds more than 8 MB', async () => {
  await limitMemory(
    () => {
      for (let i = 0; i < 1000; i++) open(`limited-${i}`);
    },
    { kept: '1mb', peak: '8mb' },
  );
});

test('growth can be looked at without failing', async () => {
  const report = await trackGrowth((i) => open(`tracked-${i}`));
  assert.equal(report.verdict, 'leak');
  assert.ok(report.findings[0].bytesPerIteration > 50);
});
