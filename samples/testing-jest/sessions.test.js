// expectNoLeak and limitMemory under Jest with CommonJS, no flag needed. A check takes a few seconds.
const { expectNoLeak, limitMemory } = require('@memwatch/memwatch/testing');
const { close, closeAll, open } = require('./sessions.js');

jest.setTimeout(120_000);

// Each check starts with an empty store: captures of a large heap take long.
afterEach(closeAll);

test('a session that is closed leaves nothing behind', async () => {
  await expectNoLeak((i) => {
    open(`closed-${i}`);
    close(`closed-${i}`);
  });
});

test('a session that is never closed is a leak, named with its line', async () => {
  await expect(expectNoLeak((i) => open(`open-${i}`))).rejects.toThrow(
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
