/** What changed between two profiles, on the screen: as functions, as a flame graph, by line. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Datasets } from '#memwatch/commands/tui/data/datasets.js';
import { update } from '#memwatch/tui/keys/update.js';
import { frame } from '#memwatch/tui/rows/frame.js';
import { textOf } from '#memwatch/tui/rows/line.js';
import { initialState, type State } from '#memwatch/tui/state/state.js';
import { answered } from '../../support/answered.js';
import { drawnProfile } from '../../support/drawn-profile.js';
import { matchesGolden } from '../../support/golden.js';
import { temporaryFolder } from '../../support/targets.js';

/** The drawn profile, and the same with all samples of rendering a second time, those of `Hash` gone. */
const drawnPair = (folder: string): string[] => {
  const before = drawnProfile(folder);
  const profile = JSON.parse(readFileSync(before, 'utf8'));
  const idOf = (name: string): number =>
    profile.nodes.find((node: { callFrame: { functionName: string } }) => node.callFrame.functionName === name).id;
  const [render, hash] = [idOf('renderPage'), idOf('Hash')];
  const samples = profile.samples.map((id: number) => (id === hash ? render : id));
  for (const node of profile.nodes) {
    const gained = node.id === render ? 120 : 0;
    node.hitCount = node.id === hash ? 0 : node.hitCount + gained;
    node.positionTicks =
      node.id === hash ? [] : [...node.positionTicks, ...(gained ? [{ line: 12, ticks: gained }] : [])];
  }
  const after = join(folder, 'after.cpuprofile');
  writeFileSync(after, JSON.stringify({ ...profile, samples }));
  return [before, after];
};

test('two profiles that are opened together are compared: red and blue, with signs, in three views', async (t) => {
  const files = drawnPair(temporaryFolder(t));
  for (const [columns, rows] of [
    [80, 24],
    [200, 50],
  ] as const) {
    let state = initialState('before after', false, columns, rows);
    const data = new Datasets((event) => (state = update(state, event).state));
    await data.open(files);
    const summary = state.loaded.change?.replace(/; \S+ → \S+$/, '') ?? assert.fail('nothing was compared');
    state = { ...state, loaded: { ...state.loaded, change: summary } };
    const key = (name: string): State => update(state, { type: 'key', key: name }).state;
    const screens: string[] = [];
    for (const name of ['', 'v', 'j', 'j', 'v']) {
      state = await answered(name === '' ? state : key(name), data);
      screens.push(
        frame(state)
          .map((line) => textOf(line).trimEnd())
          .join('\n'),
      );
    }
    const [functions = '', graph = '', , box = '', lines = ''] = screens;
    assert.match(functions, /^> +\+120 ms +80\.0 ms +200 ms .*renderPage/m);
    assert.match(graph, /^-hashPassword +\+renderPage/m);
    assert.match(box, /hashPassword {2}450 ms → 330 ms {2}-120 ms \(-20\.0%\)/);
    assert.match(lines, /^> +\+120 ms .*service\.mjs:12/m);
    matchesGolden(`tui/changes-${columns}x${rows}.txt`, [functions, box, lines].join('\n\n'));
    const styles = frame(state).flatMap(({ spans }) => spans.map(({ style }) => style));
    assert.ok(styles.includes('good') && styles.includes('bad'));
  }
});
