/** The CPU tab: what V8 may have inlined is marked, and how to get exact times; what runs now, look after look. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { Datasets } from '#memwatch/commands/tui/data/datasets.js';
import { update } from '#memwatch/tui/keys/update.js';
import { frame } from '#memwatch/tui/rows/frame.js';
import { textOf } from '#memwatch/tui/rows/line.js';
import type { UiEvent } from '#memwatch/tui/state/events.js';
import { initialState, type State } from '#memwatch/tui/state/state.js';
import { answered } from '../../support/answered.js';
import { drawnProfile } from '../../support/drawn-profile.js';
import { temporaryFolder } from '../../support/targets.js';

/** A screen over real data, which answers every request at once. */
const openScreen = (live: boolean, columns = 80, rows = 24) => {
  let state: State = initialState('pid 1 app.js', live, columns, rows);
  const data = new Datasets((event) => (state = update(state, event).state));
  const answer = async (): Promise<void> => {
    state = await answered(state, data);
  };
  return {
    data,
    answer,
    state: () => state,
    text: () => frame(state).map(textOf).join('\n'),
    event: (event: UiEvent) => (state = update(state, event).state),
    keys: async (...names: readonly string[]) => {
      for (const key of names) {
        state = update(state, { type: 'key', key }).state;
        await answer();
      }
    },
  };
};

const opened = async (t: TestContext, live: boolean) => {
  const file = drawnProfile(temporaryFolder(t));
  const screen = openScreen(live);
  await screen.data.open([file]);
  await screen.answer();
  return { screen, file };
};

test('time that may be an inlined function’s is marked, on functions and on lines, with the key to exact times', async (t) => {
  const { screen } = await opened(t, true);
  assert.match(screen.text(), / ~hashPassword .*service\.mjs:3/);
  assert.match(screen.text(), / ~ may include inlined functions: E tells/);
  assert.match(screen.text(), / E exact /);
  await screen.keys('o');
  assert.match(screen.text(), / ~\d+\.\d% .* 6 .*createHash/);
  assert.match(screen.text(), / 30\.0 ms +5\.\d% .* 5 .*for \(let i/, 'a line that calls nothing is certain');
  assert.match(screen.text(), /E tells[^]* E exact /);
});

test('a filter for a function that V8 inlined says so, and how to see it', async (t) => {
  const { screen } = await opened(t, true);
  await screen.keys('/', 'x', 'y', 'z', 'enter');
  assert.match(
    screen.text(),
    /nothing matches “xyz”[^]*V8 may have inlined that function[^]*E\s+profiles\s+without\s+inlining/,
  );
  const files = await opened(t, false);
  await files.screen.keys('/', 'x', 'y', 'z', 'enter');
  assert.match(files.screen.text(), /memwatch cpu --precise\s+profiles\s+without\s+inlining/);
});

test('a profile without inlining marks nothing and offers no other', async (t) => {
  const { screen, file } = await opened(t, true);
  const profile = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...profile, memwatch: { ...profile.memwatch, precise: true } }));
  await screen.data.open([file]);
  await screen.answer();
  assert.match(screen.text(), / hashPassword /);
  assert.doesNotMatch(screen.text(), /~| E exact /);
  await screen.keys('/', 'x', 'y', 'z', 'enter');
  assert.doesNotMatch(screen.text(), /inlined/);
});

test('E asks for a profile without inlining, of what the tab shows', async (t) => {
  const { screen } = await opened(t, true);
  const asked = update(screen.state(), { type: 'key', key: 'E' });
  assert.deepEqual(asked.effects, [{ effect: 'estimate', action: { action: 'cpu', seconds: 10, precise: true } }]);
  screen.event({ type: 'loaded', dataset: 'alloc', summary: 'bytes' });
  const { effects } = update(screen.state(), { type: 'key', key: 'E' });
  assert.deepEqual(effects, [{ effect: 'estimate', action: { action: 'alloc', seconds: 10, precise: true } }]);
});

test('what runs now is shown look after look: the cursor stays, and W pauses', async (t) => {
  const text = readFileSync(drawnProfile(temporaryFolder(t)), 'utf8');
  const screen = openScreen(true);
  const look = async (): Promise<void> => {
    screen.data.showNow([{ thread: 'main thread', text }]);
    await screen.answer();
  };
  screen.event({ type: 'watching', on: true });
  await look();
  assert.match(screen.text(), /\[CPU now\][^]*hashPassword[^]*main thread 75\.0% busy[^]* W pause /);
  await screen.keys('j', '>');
  const sorted = / Total▼ /;
  assert.match(screen.text(), sorted);
  await screen.keys('j');
  await look();
  assert.match(screen.text(), sorted, 'the next look is sorted alike');
  assert.match(screen.text(), / 2 of \d+ /, 'the cursor is where it was');
  await screen.keys('enter');
  assert.match(
    screen.text(),
    /service\.mjs:\d+[^]*createHash/,
    'Enter opens the source: the next look has other callers',
  );
  await screen.keys('escape');
  assert.equal(update(screen.state(), { type: 'key', key: 'W' }).effects[0]?.effect, 'run', 'a pause asks nothing');
  screen.event({ type: 'watching', on: false });
  assert.match(screen.text(), /paused, nothing is sampled: W goes on[^]* W go on /);
  assert.equal(update(screen.state(), { type: 'key', key: 'W' }).effects[0]?.effect, 'estimate');
});
