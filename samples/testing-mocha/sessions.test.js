// expectNoLeak and limitMemory under Mocha. A check takes a few seconds: see timeout in .mocharc.json.
import assert from 'node:assert/strict';
import { expectNoLeak, limitMemory } from '@memwatch/memwatch/testing';
import { afterEach, describe, it } from 'mocha';
import { close, closeAll, open } from './sessions.js';

describe('sessions', () => {
  // Each check starts with an empty store: captures of a large heap take long.
  afterEach(closeAll);

  it('leave nothing behind when they are closed', async () => {
    await expectNoLeak((i) => {
      open(`closed-${i}`);
      close(`closed-${i}`);
    });
  });

  it('are a leak when they are never closed, named with its line', async () => {
    await assert.rejects(
      expectNoLeak((i) => open(`open-${i}`)),
      /Map sessions gains 1 Session a call[^]*sessions\.js:3/,
    );
  });

  it('keep less than 1 MB and never hold more than 8 MB, a thousand of them', async () => {
    await limitMemory(
      () => {
        for (let i = 0; i < 1000; i++) open(`limited-${i}`);
      },
      { kept: '1mb', peak: '8mb' },
    );
  });
});
