/** `M` and `D` on the Live screen: what `memwatch memory` and `memwatch dump` show, as a page to scroll in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UiEvent } from '#memwatch/tui/state/events.js';
import type { TargetReport } from '#memwatch/tui/state/provider.js';
import { frame } from '#memwatch/tui/rows/frame.js';
import { textOf } from '#memwatch/tui/rows/line.js';
import { initialState, type State } from '#memwatch/tui/state/state.js';
import { update } from '#memwatch/tui/keys/update.js';
import { drawnDump, drawnMemory } from '../support/drawn-process.js';
import { matchesGolden } from '../support/golden.js';
import { secondReading } from '../support/readings.js';

const key = (name: string): UiEvent => ({ type: 'key', key: name });
const play = (state: State, ...events: readonly UiEvent[]): State =>
  events.reduce((now, event) => update(now, event).state, state);
const shown = (state: State): string => frame(state).map(textOf).join('\n');

const live = (columns = 80, rows = 24): State =>
  play(initialState('pid 4321 server.js v22.1.0', true, columns, rows), {
    type: 'reading',
    reading: secondReading(1, 4e8),
  });

const come = (name: 'memory' | 'dump', report: TargetReport): UiEvent[] => [
  { type: 'report', name, report },
  { type: 'done', text: 'read at 12:34:56', endsWork: true },
];

const opened = {
  M: (columns?: number, rows?: number) => play(live(columns, rows), key('M'), ...come('memory', drawnMemory)),
  D: (columns?: number, rows?: number) => play(live(columns, rows), key('D'), ...come('dump', drawnDump)),
};

for (const [columns, rows] of [
  [80, 24],
  [200, 50],
] as const) {
  test(`the memory and the threads of a process look as they should at ${columns}x${rows}`, () => {
    matchesGolden(`tui/memory-${columns}x${rows}.txt`, shown(opened.M(columns, rows)));
    matchesGolden(`tui/threads-${columns}x${rows}.txt`, shown(opened.D(columns, rows)));
  });
}

test('a report waits under its own name, and the command runs without a question', () => {
  const { state, effects } = update(live(), key('D'));
  assert.deepEqual(effects, [{ effect: 'run', action: { action: 'dump' } }]);
  assert.match(shown(state), /^ Live › threads[^]*reading …[^]*… looking at what every thread does .*Esc stops it/m);
});

test('a report scrolls to its end and no further, by keys and by the wheel, and stays full when the screen grows', () => {
  const end = play(opened.M(), key('G'), key('j'), key('pagedown'));
  assert.match(shown(end), /to (\d+) of \1 lines[^]*reading its mappings took/);
  assert.match(shown(play(end, key('g'))), / 1 to 20 of/);
  assert.match(shown(play(opened.M(), { type: 'mouse', action: 'wheelDown', x: 9, y: 9 })), / 4 to 23 of/);
  assert.match(shown(play(end, { type: 'resize', columns: 200, rows: 60 })), /RSS 191 MB/);
});

test('Esc leads from a report back to the Live screen; its key reads it again, and the old one is shown meanwhile', () => {
  assert.match(shown(play(opened.M(), key('escape'))), /Limits +heap/);
  const again = update(play(opened.D(), key('j')), key('D'));
  assert.deepEqual(again.effects, [{ effect: 'run', action: { action: 'dump' } }]);
  assert.match(shown(again.state), / 2 to 21 of/);
});

test('a report that was stopped or failed closes its screen, and one of another thread does not stay', () => {
  const waiting = play(live(), key('M'));
  assert.deepEqual(update(waiting, key('escape')).effects, [{ effect: 'cancel' }]);
  for (const event of [
    { type: 'stopped', message: 'stopped' },
    { type: 'error', message: 'it did not answer', endsWork: true },
  ] as const)
    assert.match(shown(play(waiting, event)), /Limits +heap/);
  const other = play(opened.M(), { type: 'target', title: 'pid 4321 worker 1', thread: '/1' });
  assert.doesNotMatch(shown(other), /accounted for/);
});
