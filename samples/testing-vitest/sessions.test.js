// expectNoLeak and limitMemory under Vitest: `vitest run`. A check takes a few seconds: set a timeout that is long enough.
import { expectNoLeak, limitMemory } from '@memwatch/memwatch/testing';
import { afterEach, expect, test } from 'vitest';
import { close, closeAll, open } from './sessions.js';

const timeout = 120_000;

// Each check starts with an empty store: captures of a large heap take long.
afterEach(closeAll);

test('a session that is closed leaves nothing behind', { timeout }, async () => {
  await expectNoLeak((i) => {
    open(`closed-${i}`);
    close(`closed-${i}`);
  });
});

test('a session that is never closed is a leak, named with its line', { timeout }, async () => {
  await expect(expectNoLeak((i) => open(`open-${i}`))).rejects.toThrow(
    /Map .*gains 1 Session a call[^]*at sessions(\.test)?\.js:/,
  );
});

test('opening a thousand sessions keeps less than 1 MB and never holds more than 8 MB', { timeout }, async () => {
  await limitMemory(
    () => {
      for (let i = 0; i < 1000; i++) open(`limited-${i}`);
    },
    { kept: '1mb', peak: '8mb' },
  );
});
