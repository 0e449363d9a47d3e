/** A recording in the terminal UI: every moment of it, each thread, played. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRecording } from '#memwatch/analyzer/formats/documents/recording.js';
import { RecordingProvider } from '#memwatch/commands/tui/recording-provider.js';
import { update } from '#memwatch/tui/keys/update.js';
import { initialState } from '#memwatch/tui/state/state.js';
import type { ProviderEvent } from '#memwatch/tui/state/provider.js';
import { drawRecording } from '../support/drawn-recording.js';
import { matchesGolden } from '../support/golden.js';
import { memwatch } from '../support/memwatch.js';
import { temporaryFolder } from '../support/targets.js';
import { noTmux, openTerminal, runMemwatch } from '../support/tmux.js';

for (const [columns, rows] of [
  [80, 24],
  [200, 50],
] as const)
  // prettier-ignore
  test(`a recording looks as it should at ${columns}x${rows}`, { skip: noTmux }, async (t) => {
    const cwd = temporaryFolder(t);
    const server = { pid: 71, script: 'app/server.js', bytesPerSecond: 50_000, withParts: true, workers: ['worker 1 (resizer)'] }; // prettier-ignore
    const file = drawRecording([server, { pid: 72, script: 'job.js' }], 300, ['deploy 2.0', 'evil\u001b[2J']);
    writeFileSync(join(cwd, 'day.record'), gzipSync(file));
    const terminal = openTerminal(t, { columns, rows, cwd });
    runMemwatch(terminal, ['view', 'day.record']);
    const size = `${columns}x${rows}`;
    matchesGolden(`tui/recording-${size}.txt`, await terminal.settled(/End +the recording was stopped/));
    terminal.keys('PageUp', 'PageUp', 'Left');
    await terminal.until(/3 min 58 s of/);
    terminal.keys('g', 'Right', 'Right', 'Right');
    matchesGolden(`tui/recording-start-${size}.txt`, await terminal.settled(/3\.00 s of/));
    terminal.keys('S');
    await terminal.until(/this needs a running process/);
    terminal.keys('T', '1');
    matchesGolden(`tui/recording-worker-${size}.txt`, await terminal.settled(/▸71 server\.js worker 1/));
    terminal.keys('g', 'Space');
    await terminal.until(/, playing/);
    terminal.keys('Space');
    await terminal.until(/Space play/);
    terminal.keys('G', 'Left', 'Left');
    await terminal.until(/4 min 57 s of/);
    terminal.keys('Space'); // to its end
    await terminal.until(/4 min 59 s of [^]*End +the recording was stopped[^]*Space play/);
  });

test('a long recording is shortened for the screen, and no CPU time is lost', () => {
  const recording = readRecording(drawRecording([{ pid: 71 }], 10_000), 'day.record');
  const provider = new RecordingProvider('day.record', recording);
  const events: ProviderEvent[] = [];
  provider.start((event) => events.push(event));
  const replay = events.flatMap((event) => (event.type === 'replay' ? [event.replay] : []))[0];
  assert.equal(replay?.readings.length, 2500);
  assert.equal(replay.readings.reduce((sum, { cpu }) => sum + cpu.userUs, 0), 10_000 * 250_000); // prettier-ignore
  assert.equal(replay.readings.at(-1)?.timeMs, recording.series[0]?.readings.at(-1)?.timeMs);
});

test('another thread that is chosen while one is played is not played, and no clock goes on', () => {
  const events: ProviderEvent[] = [];
  const recording = readRecording(drawRecording([{ pid: 71 }, { pid: 72 }], 10), 'day.record');
  new RecordingProvider('day.record', recording).start((event) => events.push(event));
  const shown = events.reduce((state, event) => update(state, event).state, initialState('day.record', false, 80, 24));
  const playing = update(shown, { type: 'key', key: ' ' });
  assert.deepEqual(playing.effects, [{ effect: 'play', on: true }]);
  const replay = events.find((event) => event.type === 'replay');
  const other = replay === undefined ? undefined : update(playing.state, replay);
  assert.deepEqual(other?.effects, [{ effect: 'play', on: false }]);
  assert.equal(other?.state.replay?.isPlaying, false);
});

test('view shows one recording, and one that holds readings', async (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'a.record'), drawRecording([{ pid: 71 }], 3));
  writeFileSync(join(cwd, 'none.record'), drawRecording([], 0));
  const two = await memwatch(['view', 'a.record', 'a.record'], { cwd });
  assert.equal(two.code, 2);
  assert.match(two.stderr, /one at a time/);
  assert.match(two.stderr, /memwatch plot/);
  const none = await memwatch(['view', 'none.record'], { cwd });
  assert.match(none.stderr, /^memwatch: none\.record has no readings$/m);
});
