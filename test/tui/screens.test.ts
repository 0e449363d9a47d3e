import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClassRow, Page } from '#memwatch/tui/state/lists.js';
import type { UiEvent } from '#memwatch/tui/state/events.js';
import { frame } from '#memwatch/tui/rows/frame.js';
import { openPlace } from '#memwatch/tui/state/places.js';
import { lineWidth, textOf } from '#memwatch/tui/rows/line.js';
import { initialState, frontView, type State } from '#memwatch/tui/state/state.js';
import { listKey, type ListView } from '#memwatch/tui/state/views.js';
import { update } from '#memwatch/tui/keys/update.js';
import { wantsOf } from '#memwatch/tui/keys/wants.js';

/** A list with this many classes; rows are only made when asked for. */
const page = (from: number, count: number, matched: number): Page => ({
  from,
  rows: Array.from({ length: Math.min(count, matched - from) }, (_, at): ClassRow => ({
    kind: 'class',
    name: `Class${from + at}`,
    count: 1,
    selfBytes: 16,
    retainedBytes: 1024 * (matched - from - at),
    biggest: undefined,
  })),
  matched,
  total: matched,
  whole: 1024 * matched,
});

const play = (state: State, ...events: readonly UiEvent[]): State =>
  events.reduce((now, event) => update(now, event).state, state);
const key = (name: string): UiEvent => ({ type: 'key', key: name });

/** Fulfils the state's request, as the provider would. */
const answered = (state: State, matched: number): State => {
  const want = wantsOf(state).find((one) => one.want === 'rows');
  if (want === undefined || want.want !== 'rows') return state;
  return play(state, { type: 'page', key: want.key, page: page(want.window.from, want.window.count, matched) });
};

/** A heap's classes. */
const loaded = (columns: number, rows: number, matched = 1000): State =>
  answered(
    play(
      initialState('app.heapsnapshot', false, columns, rows),
      { type: 'loaded', dataset: 'heap', summary: 'a heap' },
      key('v'),
    ),
    matched,
  );

const front = (state: State): ListView => {
  const view = frontView(state);
  assert.equal(view?.kind, 'list');
  return view as ListView;
};
const cursorLine = (state: State): string | undefined =>
  frame(state)
    .map(textOf)
    .find((line) => line.startsWith('> '));

test('a frame is exactly as large as the screen, whatever its size and whatever is in front', () => {
  for (const [columns, rows] of [
    [80, 24],
    [300, 100],
    [120, 40],
    [40, 12],
  ] as const) {
    for (const keys of [[], ['?'], ['a'], ['w'], ['/', 'x'], ['2'], ['3'], ['4'], ['5']]) {
      const lines = frame(play(loaded(columns, rows), ...keys.map(key)));
      assert.equal(lines.length, rows, `${columns}x${rows} ${keys.join()}`);
      for (const line of lines)
        assert.equal(lineWidth(line), columns, `${columns}x${rows} ${keys.join()}: ${textOf(line)}`);
    }
  }
});

test('of ten million rows only some screens full are asked for, also after a jump to the end', () => {
  const state = loaded(80, 24, 10_000_000);
  assert.ok(front(state).page !== undefined && (front(state).page?.rows.length ?? 0) < 100);
  const atEnd = play(state, key('G'));
  const wants = wantsOf(atEnd);
  assert.equal(wants.length, 1);
  assert.ok(wants[0].want === 'rows' && wants[0].window.count < 100 && wants[0].window.from > 9_999_900);
  assert.match(cursorLine(answered(atEnd, 10_000_000)) ?? '', / Class9999999 *$/);
});

test('moving within the rows at hand asks for nothing', () => {
  const state = play(loaded(80, 24), key('j'), key('pagedown'));
  assert.deepEqual(wantsOf(state), []);
  assert.match(cursorLine(state) ?? '', / Class\d+ *$/);
});

test('vim keys and arrows move alike', () => {
  const pairs = [
    ['j', 'down'],
    ['C-f', 'pagedown'],
    ['G', 'end'],
  ] as const;
  for (const [vim, arrow] of pairs) {
    assert.equal(front(play(loaded(80, 24), key(vim))).cursor, front(play(loaded(80, 24), key(arrow))).cursor);
  }
  assert.equal(front(play(loaded(80, 24), key('G'), key('k'), key('g'))).cursor, 0);
});

test('the cursor never leaves the rows or the screen', () => {
  const keys = ['k', 'G', 'j', 'C-d', 'pageup', 'C-u', 'end', 'pagedown', 'g', 'pageup'];
  let state = loaded(80, 24, 37);
  for (const name of keys) {
    state = answered(play(state, key(name)), 37);
    const view = front(state);
    assert.ok(view.cursor >= 0 && view.cursor < 37, name);
    assert.ok(cursorLine(state) !== undefined, `the cursor is on the screen after ${name}`);
  }
});

test('a filter and a sort order name another list, which begins at its top', () => {
  const state = play(loaded(80, 24), key('G'), key('/'), key('x'));
  assert.equal(front(state).cursor, 0);
  assert.equal(front(state).filter, 'x');
  assert.notEqual(listKey(front(state), 1), front(state).page?.key);
  const sorted = play(state, key('enter'), key('<'));
  assert.equal(front(sorted).sort, 'self');
  assert.equal(front(play(sorted, key('r'))).descending, false);
  assert.equal(front(play(sorted, key('escape'))).filter, '');
});

test('letters typed into a filter are letters, not commands', () => {
  const state = play(loaded(80, 24), key('/'), ...[...'q?aSL1'].map(key));
  assert.equal(front(state).filter, 'q?aSL1');
  assert.equal(state.overlay, undefined);
});

test('Enter on a row that is not there yet acts on it when it comes', () => {
  const typed = play(loaded(80, 24), key('/'), key('7'), key('enter'), key('enter'));
  assert.equal(typed.stacks.heap.length, 1);
  const come = answered(typed, 5);
  assert.equal(come.stacks.heap.length, 2);
  assert.deepEqual(front(come).query, { list: 'objects', className: 'Class0' });
});

test('an answer to another question than the one on the screen changes nothing', () => {
  const state = loaded(80, 24);
  const late = play(state, { type: 'page', key: 'something else', page: page(0, 10, 3) });
  assert.equal(front(late).page?.matched, 1000);
});

test('Esc goes back one step at a time and never out of the program', () => {
  const inside = answered(play(loaded(80, 24), key('enter')), 5);
  assert.equal(inside.stacks.heap.length, 2);
  const back = play(inside, key('escape'));
  assert.equal(back.stacks.heap.length, 1);
  assert.deepEqual(update(back, key('escape')).effects, []);
});

test('without a running process the actions on one say what they need, and nothing begins', () => {
  const { state, effects } = update(loaded(80, 24), key('L'));
  assert.deepEqual(effects, []);
  assert.match(frame(state).map(textOf).join('\n'), /this needs a running process/);
});

test('an action on a process begins only after its price was shown and agreed to', () => {
  const live = initialState('pid 1', true, 80, 24);
  const asked = update(live, key('S'));
  assert.deepEqual(asked.effects, [{ effect: 'estimate', action: { action: 'snapshot' } }]);
  assert.deepEqual(update(asked.state, key('y')).effects, [], 'not before the price is there');
  const action = asked.state.overlay?.kind === 'question' ? asked.state.overlay.action : undefined;
  assert.ok(action !== undefined);
  const priced = play(asked.state, { type: 'estimated', action, lines: ['it stops for 3 s'] });
  assert.match(frame(priced).map(textOf).join('\n'), /it stops for 3 s/);
  assert.deepEqual(update(priced, key('n')).effects, []);
  assert.deepEqual(update(priced, key('y')).effects, [{ effect: 'run', action }]);
});

test('Esc stops work that goes on', () => {
  const working = play(initialState('pid 1', true, 80, 24), { type: 'loading', text: 'reading' });
  assert.deepEqual(update(working, key('escape')).effects, [{ effect: 'cancel' }]);
});

test('a target that ended is marked, and its actions are refused', () => {
  const state = play(initialState('pid 1', true, 80, 24), { type: 'ended', text: 'the process ended' });
  assert.match(textOf(frame(state)[0]), /ENDED/);
  assert.deepEqual(update(state, key('C')).effects, []);
});

test('a target that runs on after memwatch was cut off is not said to have ended', () => {
  const cut = { type: 'ended', text: 'its inspector was closed', lives: true } as const;
  const state = play(initialState('pid 1', true, 80, 24), cut);
  assert.match(textOf(frame(state)[0]), /CUT OFF/);
  assert.doesNotMatch(frame(state).map(textOf).join('\n'), /ended|ENDED/);
  assert.deepEqual(update(state, key('C')).effects, []);
});

test('classes shown before retained sizes are known are put in their order then, unless someone reads them', () => {
  const early = answered(
    play(initialState('big', false, 80, 24), { type: 'loaded', dataset: 'heap', summary: 'a heap', early: true }),
    50,
  );
  assert.equal(front(early).sort, 'self');
  assert.equal(front(play(early, { type: 'refined' })).sort, 'retained');
  const read = front(play(early, key('j'), { type: 'refined' }));
  assert.deepEqual([read.sort, read.cursor], ['self', 1]);
});

test('while several snapshots are opened, the screen waits for what grew, and does not say that there is nothing', () => {
  const opening = play(
    initialState('a.heapsnapshot b.heapsnapshot', false, 80, 24),
    { type: 'show', tab: 'growth' },
    { type: 'loading', text: 'reading a.heapsnapshot' },
    { type: 'loaded', dataset: 'heap', summary: 'a heap', aside: true },
  );
  const text = frame(opening).map(textOf).join('\n');
  assert.match(text, /\[3 Growth\][^]*opening a\.heapsnapshot b\.heapsnapshot …/);
  assert.doesNotMatch(text, /contain none/);
  const grown = play(opening, { type: 'loaded', dataset: 'growth', summary: '2 snapshots' });
  assert.deepEqual([grown.tab, grown.work], ['growth', undefined]);
});

test('the tab of functions is called after the profile that it shows', () => {
  const both = play(
    initialState('pid 1', true, 80, 24),
    { type: 'loaded', dataset: 'cpu', summary: 'busy' },
    { type: 'loaded', dataset: 'alloc', summary: 'bytes' },
  );
  assert.match(textOf(frame(both)[0]), /\[4 Allocations\] 5 Lines/);
  const { state } = update(both, { type: 'mouse', action: 'press', x: 44, y: 0 });
  assert.equal(state.tab, 'lines', 'a click lands where the longer name has moved the tab to');
  assert.match(textOf(frame(play(both, key('v')))[0]), /\[4 Allocations\]/);
  assert.match(textOf(frame(play(both, key('v'), key('v')))[0]), /\[4 CPU\]/);
});

const searching = (): State => {
  const asked = update(initialState('pid 1', true, 80, 24), key('L')).state;
  const action = asked.overlay?.kind === 'question' ? asked.overlay.action : undefined;
  assert.ok(action !== undefined);
  return play(asked, { type: 'estimated', action, lines: ['about 35 s'] }, key('y'), {
    type: 'working',
    text: '2/4 what grows, round 1 of 2',
  });
};
const noticeOf = (state: State): string => textOf(frame(state)[22]);

test('work on the target says what it does, for how long, and how to stop it', () => {
  const state = play(searching(), { type: 'elapsed', seconds: 67.4 });
  assert.match(noticeOf(state), /… 1:07 2\/4 what grows, round 1 of 2 +Esc stops it/);
  const long = play(state, { type: 'working', text: 'x'.repeat(200) });
  assert.match(noticeOf(long), /x… Esc stops it/, 'however long the text is');
});

test('Esc says at once that the work is being stopped, and asks for it once', () => {
  const { state, effects } = update(searching(), key('escape'));
  assert.deepEqual(effects, [{ effect: 'cancel' }]);
  assert.match(noticeOf(play(state, { type: 'working', text: 'round 2' })), /stopping/);
  assert.deepEqual(update(state, key('escape')).effects, []);
  const stopped = play(state, { type: 'stopped', message: 'stopped' });
  assert.equal(stopped.work, undefined);
  assert.match(noticeOf(stopped), /! stopped/);
});

test('other work during a search, such as writing the screen to a file, does not end it', () => {
  const state = play(searching(), { type: 'done', text: 'written to a.txt', endsWork: false });
  assert.match(textOf(frame(state)[21]), /written to a\.txt/);
  assert.match(noticeOf(state), /what grows/);
  assert.match(noticeOf(play(state, key('j'))), /what grows/);
});

test('an active filter is shown after Enter, with what it matches, and how to clear it', () => {
  const typed = play(loaded(80, 24), key('/'), key('9'), key('enter'));
  const state = answered(typed, 12);
  assert.match(noticeOf(state), /filter: 9 +12 of 12 match; Esc clears it/);
  assert.match(textOf(frame(state)[23]), /Esc clear filter/);
  assert.doesNotMatch(noticeOf(play(state, key('escape'))), /filter/);
});

test('a key that means nothing here says so; one that has nowhere to move says nothing', () => {
  assert.match(noticeOf(play(loaded(80, 24), key('x'))), /! x does nothing here; \? lists the keys/);
  assert.doesNotMatch(noticeOf(play(initialState('pid 1', true, 80, 24), key('j'))), /nothing here/);
});

test('a long notice takes as many lines as it needs', () => {
  const text = `cannot read it: ${'why and how '.repeat(12)}end`;
  const lines = frame(play(loaded(80, 24), { type: 'error', message: text, endsWork: false })).map(textOf);
  assert.equal(lines.length, 24);
  assert.match(lines.join('\n'), /✗ cannot read it[^]* end +\n/);
});

test('the title keeps pid and script if there is no room for everything', () => {
  const titled = (title: string): string => textOf(frame(initialState(title, true, 80, 24))[0]);
  assert.match(titled('pid 4711 dist/growing-cache.js v20.20.2'), /pid 4711 dist\/growing-cache\.js $/);
  assert.match(titled('pid 4711 a-long-folder/growing-cache.js v20.20.2'), /pid 4711 growing-cache\.js $/);
});

test('deep in the tree, the last step of the path is shown', () => {
  const state = play(loaded(80, 24), key('enter'));
  const place = { file: `/srv/${'folder/'.repeat(20)}service.ts`, line: 4711, column: 0 };
  const opened = openPlace(state, place);
  assert.match(textOf(frame(opened)[1]), /…\S*folder\/service\.ts:4711 *$/);
});
