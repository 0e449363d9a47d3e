/** Which findings are one, and in which order findings come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeByCause, rankFindings, withSizes } from '#memwatch/analyzer/growth/rank.js';
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import { finding as checkFinding } from '../../support/check-report.js';

let made = 0;
/** A finding of its own: its own container, signature and path. */
const finding = (title: string, values: Partial<Finding> = {}): Finding => {
  const id = 1000 + made++;
  const container = { id, name: 'Map', type: 'object' };
  return { ...checkFinding(), title, signature: title, container, path: [], history: [0, 7, 20], ...values };
};
const node = { owner: { kind: 'node' }, history: [0, 100, 200] } as const;
const gain = (name: string, countPerRound: number) => ({ name, countPerRound, selfBytesPerRound: 16 });
const titles = (findings: readonly Finding[]): string[] => findings.map(({ title }) => title);

test('most bytes come first, and what Node holds after what the program holds of about the same size', () => {
  const small = finding('small', { bytesPerRound: 600, retainedBytesPerRound: 600 });
  const large = finding('large', { bytesPerRound: 5000 });
  const ofNode = finding('of Node', { ...node, bytesPerRound: 900 });
  assert.deepEqual(titles(rankFindings([small, ofNode, large])), ['large', 'small', 'of Node']);
  assert.deepEqual(titles(rankFindings([small, ofNode])), ['small', 'of Node']);
  assert.deepEqual(rankFindings([ofNode, small]).map(({ rank }) => rank), [1, 2]); // prettier-ignore
  const tiny = finding('tiny', { bytesPerRound: 300, retainedBytesPerRound: 300 });
  assert.deepEqual(titles(rankFindings([tiny, ofNode])), ['of Node', 'tiny']);
});

test('what Node holds is part of what gains in step with it, but for a few that were under way', () => {
  const cause = finding('pools', { history: [0, 101, 199] });
  const found = mergeByCause([cause, finding('ports', node)]);
  assert.deepEqual(titles(found), ['pools']);
  assert.match(found[0]?.reasons.join() ?? '', /in step with it: ports/);
  const workers = finding('listeners', { ...node, gains: [gain('Worker', 100), gain('Listener', 300)] });
  const named = mergeByCause([finding('jobs', { history: [0, 100, 200], gains: [gain('Job', 100)] }), workers]);
  assert.deepEqual(named[0]?.gains.map(({ name }) => name), ['Job', 'Worker'], 'what threads are known by stays'); // prettier-ignore
  assert.deepEqual(
    titles(mergeByCause([finding('pools', { history: [0, 101, 150] }), finding('ports', node)])).length,
    2,
  );
  assert.equal(mergeByCause([cause, finding('other', { history: [0, 100, 200] })]).length, 2, 'both are the program’s');
});

test('two fields of one object that gain the same are one finding; two variables of one module are two', () => {
  const inside = (title: string, type: 'object' | 'module', name: string): Finding => {
    const owner = { edge: '', label: '', kind: 'word', name, type, id: 7 } as const;
    const map = { edge: title, label: title, kind: 'property', name: 'Map', type: 'object', id: 1000 + made } as const;
    return finding(title, { path: [owner, map], history: [0, 200, 400] });
  };
  assert.equal(mergeByCause([inside('byId', 'object', 'Store'), inside('byName', 'object', 'Store')]).length, 1);
  assert.equal(mergeByCause([inside('capped', 'module', 'server'), inside('timed', 'module', 'server')]).length, 2);
});

test('timers that the line sets which adds to a Map are one finding with it; on another line, or of other numbers, they are two', () => {
  const at = (line: number, column = 1) => ({ file: '/app/a.js', line, column });
  const sessions = finding('sessions', { location: at(6, 40), history: [0, 24, 51], bytesPerRound: 100 });
  const timers = (values: Partial<Finding>): Finding =>
    finding('timers', { kind: 'timers', location: at(6), history: [1, 25, 52], bytesPerRound: 900, ...values });
  const found = mergeByCause([sessions, timers({})]);
  assert.deepEqual(titles(found), ['timers']);
  assert.match(found[0]?.reasons.join() ?? '', /in step with it: sessions/);
  for (const apart of [
    { location: at(7) },
    { location: at(6, 400) },
    { history: [1, 26, 52] },
    { kind: 'map' } as const,
  ])
    assert.equal(mergeByCause([sessions, timers(apart)]).length, 2);
});

test('numbers beside the entries of a cache share its bound; those of another object, or with another rate, do not', () => {
  const beside = (title: string, owner: number, countPerRound: number, bounded?: Finding['bounded']): Finding => {
    const id = 1000 + made;
    const lru = { edge: 'lru', label: 'lru', kind: 'property', name: 'LRU', type: 'object', id: owner } as const;
    const list = { edge: title, label: title, kind: 'property', name: 'Array', type: 'object', id } as const;
    return finding(title, { path: [lru, list], countPerRound, bounded });
  };
  const entries = beside('entries', 7, 100, { location: null, text: 'may be a cache' });
  const found = withSizes([entries], [beside('times', 7, 90), beside('other', 8, 100), beside('fast', 7, 300)]);
  assert.deepEqual(
    found.map(({ title, bounded }) => [title, bounded?.text]),
    [
      ['entries', 'may be a cache'],
      ['other', undefined],
      ['fast', undefined],
    ],
  );
  assert.match(found[0]?.reasons.join() ?? '', /in step with it: times/);
});

test('what one dependency holds in several places, and gains in step, is one finding; an application may leak twice', () => {
  const owner = (name: string) => ({ kind: 'dependency', package: name, version: null }) as const;
  const cache = finding('cache', { owner: owner('ajv'), history: [0, 10, 20] });
  const names = (values: Partial<Finding>): Finding => finding('names', { bytesPerRound: 1, ...values });
  assert.deepEqual(titles(mergeByCause([cache, names({ owner: owner('ajv'), history: [5, 25, 45] })])), ['cache']);
  assert.equal(mergeByCause([cache, names({ owner: owner('ajv'), history: [5, 20, 45] })]).length, 2);
  assert.equal(mergeByCause([cache, names({ owner: owner('yup'), history: [0, 10, 20] })]).length, 2);
  assert.equal(mergeByCause([cache, names({ history: [0, 10, 20] })]).length, 2);
});

test('of two things that Node holds, the one with objects of a class is the cause', () => {
  const symbols = finding('symbols', { ...node, countPerRound: 100, gains: [gain('(symbol)', 100), gain('Store', 1)] });
  const stores = finding('stores', { ...node, countPerRound: 100, bytesPerRound: 5, gains: [gain('Store', 100)] });
  assert.deepEqual(titles(mergeByCause([symbols, stores])), ['stores']);
});

test('one signature is one finding, and so are listeners of one emitter that gain together', () => {
  const twice = mergeByCause([finding('a', { signature: 's' }), finding('b', { signature: 's', bytesPerRound: 1 })]);
  assert.deepEqual(twice.map(({ title, history }) => `${title} ${history.join()}`), ['a, as does 1 more 0,14,40']); // prettier-ignore
  assert.equal(twice[0]?.reasons.at(-1), '2 of this kind gain 400 a round together');
  const listeners = (event: string, emitter: number, history: readonly number[]): Finding => {
    const step = { label: '', kind: 'property', type: 'object' } as const;
    const path = [
      { ...step, edge: 'bus', name: 'Bus', id: emitter },
      { ...step, edge: '_events', name: 'Object', id: 2 },
      { ...step, edge: event, name: 'Array', id: 3 },
    ];
    return finding(event, { kind: 'listeners', path, history });
  };
  const found = [listeners('end', 9, [0, 3, 7]), listeners('close', 9, [0, 3, 7]), listeners('open', 8, [0, 3, 7])];
  assert.deepEqual(titles(mergeByCause(found)), ['end', 'open']);
});
