/** The stacks that were seen to add to a finding, as the report shows them, and what must be watched to see them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addedBy, openingsOf } from '#memwatch/analyzer/growth/added-by.js';
import { fileDescriptors, nativeMemory, threads } from '#memwatch/analyzer/growth/readings/counters.js';
import type { SeenSite } from '#memwatch/analyzer/model/finding.js';
import type { ScriptsTable } from '#memwatch/analyzer/model/scripts.js';
import { finding } from '../../support/check-report.js';

const noPackage = (): undefined => undefined;
const frame = (name: string, url: string, line = 7) => ({ function: name, url, line, column: 3 });
const site = (count: number, ...stack: SeenSite['stack']): SeenSite => ({ stack, count });
const native = (name: string, id = 0) => finding({ kind: 'native', container: { id, name, type: 'native' } });

test('stacks come with the most frequent first, at most five, and begin at the program’s own call', () => {
  const seen = [1, 6, 3, 2, 5, 4].map((count) => site(count, frame('set', 'node:internal/map'), frame('add', '/app/a.js', count))); // prettier-ignore
  const { growthSites, location } = addedBy(finding(), seen, undefined, noPackage);
  assert.deepEqual(
    growthSites.map(({ count }) => count),
    [6, 5, 4, 3, 2],
  );
  assert.deepEqual(growthSites[0]?.stack, [{ function: 'add', file: '/app/a.js', line: 6 }]);
  assert.deepEqual(location, finding().location, 'what holds the entries stays the place of a container');
});

test('a stack that is all of Node’s code is shown as it is, and one without a name is anonymous', () => {
  const seen = [site(2, frame('', 'node:timers'), frame('run', 'node:timers'))];
  const { growthSites } = addedBy(finding(), seen, undefined, noPackage);
  assert.deepEqual(
    growthSites[0]?.stack.map((one) => one.function),
    ['(anonymous)', 'run'],
  );
});

test('files of the check itself are left out, and a long stack is cut', () => {
  const deep = Array.from({ length: 30 }, (_, i) => frame(`f${i}`, '/app/a.js'));
  const seen = [site(1, frame('callRepeatedly', '/memwatch/calls.js'), ...deep)];
  const { growthSites } = addedBy(finding(), seen, undefined, noPackage, (file) => file.startsWith('/memwatch/'));
  assert.deepEqual([growthSites[0]?.stack[0]?.function, growthSites[0]?.stack.length], ['f0', 12]);
});

test('what opens something is the place of the finding, with its owner', () => {
  const url = '/app/node_modules/pool/index.js';
  const found = addedBy(native(threads), [site(3, frame('start', url, 9))], undefined, noPackage);
  assert.deepEqual(found.location, { file: url, line: 9, column: 0 });
  assert.deepEqual(found.owner, { kind: 'dependency', package: 'pool', version: null });
  assert.deepEqual(addedBy(native(threads), [], undefined, noPackage), native(threads));
});

test('places are those of the source if the script has a source map', () => {
  const map = { version: 3, sources: ['a.ts'], names: [], mappings: 'AAmBA' }; // line 1 of the script is line 20 of a.ts
  const script = { id: 5, url: 'file:///app/a.js', sourceMapUrl: 'a.js.map', sourceMap: JSON.stringify(map) };
  const scripts: ScriptsTable = { schema: 'memwatch/scripts@1', nodeVersion: 'v22.0.0', scripts: [script] };
  const [shown] = addedBy(finding(), [site(1, frame('add', script.url, 1))], scripts, noPackage).growthSites;
  assert.deepEqual(shown?.stack, [{ function: 'add', file: '/app/a.ts', line: 20 }]);
});

test('only what is opened can be watched: files and sockets, threads, timers, handles; never memory', () => {
  assert.equal(openingsOf(native(nativeMemory)), undefined);
  assert.equal(openingsOf(finding()), undefined);
  assert.deepEqual(openingsOf(native(threads)), { types: ['WORKER'], files: false });
  assert.equal(openingsOf(native(fileDescriptors))?.files, true);
  assert.deepEqual(openingsOf(finding({ kind: 'timers' }))?.types, ['Timeout', 'Immediate']);
  assert.ok(openingsOf(native('TCPSocketWrap'))?.types.includes('TCPWRAP'));
  const kept = { ...native('Array', 7), gains: [{ name: 'FSReqCallback', countPerRound: 1, selfBytesPerRound: 9 }] };
  assert.ok(openingsOf(kept)?.types.includes('FSReqCallback'));
});
