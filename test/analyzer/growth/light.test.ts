/** The report without snapshots: what a census and sampled allocations can say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gate, Rising } from '#memwatch/analyzer/growth/readings/gate.js';
import { reportOfCensus } from '#memwatch/analyzer/growth/light.js';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import type { SurvivorSite } from '#memwatch/analyzer/model/survivors.js';

const looked = { bounds: [], looked: ['classes and collections'], notLooked: [], threads: [] };
const none: Rising = { heap: false, external: false, classes: [], containers: [] };

const report = (rising: Partial<Rising>, sites: readonly SurvivorSite[] = []): LeakReport => {
  const readings = [4e6, 5e6, 6e6, 7e6].map((heapBytes, round) => ({
    atMs: round * 5000,
    heapBytes,
    externalBytes: 0,
    census: { classes: [], containers: [], pauseUs: 0 },
  }));
  const gate: Gate = { readings, rising: { ...none, ...rising }, sites };
  return reportOfCensus(gate, undefined, ['a warning'], looked);
};

const map = { id: 1, heapId: 55, kind: 'Map', size: 40, delta: 10, holds: '' } as const;
const steady = [10, 20, 30, 40];

test('nothing that rises is clean, and all that was read is in the report', () => {
  const clean = report({});
  assert.equal(clean.verdict, 'clean');
  assert.deepEqual(
    [clean.evidence, clean.rounds, clean.snapshots, clean.heapBytes, clean.warnings, clean.looked],
    ['census', 3, 0, [4e6, 5e6, 6e6, 7e6], ['a warning'], looked.looked],
  );
  assert.deepEqual(clean.reasons, [
    'no collection and no class grew in each of 3 rounds',
    'the collected heap did not rise in each of 3 rounds',
  ]);
});

test('a collection that gains is a leak; it is named by its kind and what it holds', () => {
  const rising = { containers: [{ container: map, history: steady }] };
  const [finding, ...others] = report(rising).findings;
  assert.deepEqual(others, []);
  assert.equal(finding?.title, 'Map of 40 entries gains 10 a round');
  assert.deepEqual(
    [finding?.kind, finding?.container.id, finding?.countPerRound, finding?.bytesPerRound, finding?.rank],
    ['map', 55, 10, null, 1],
  );
  const array = { ...map, kind: 'Array', holds: 'Job' } as const;
  assert.equal(report({ containers: [{ container: array, history: steady }] }).findings[0]?.signature, 'Array > Job');
});

test('a class that gains without a larger heap leaves the question open', () => {
  const classes = [{ name: 'Session', history: steady }];
  assert.equal(report({ classes }).verdict, 'inconclusive');
  assert.deepEqual(report({ classes }).findings, []);
  const larger = report({ classes, heap: true });
  assert.equal(larger.verdict, 'leak');
  assert.equal(larger.findings[0]?.title, 'Session: 10 more a round');
});

test('what gains less and less may be a cache that fills', () => {
  const filling = report({ containers: [{ container: map, history: [0, 100, 150, 160] }], heap: true });
  assert.equal(filling.verdict, 'inconclusive');
  assert.match(filling.reasons[0] ?? '', /but less in the last/);
});

test('a finding whose allocating line is known comes first and has that place', () => {
  const frame = { function: 'Session', scriptId: '7', url: 'file:///app/login.js', line: 8, column: 2 };
  const { findings } = report({ classes: ['Job', 'Session'].map((name) => ({ name, history: steady })), heap: true }, [
    { stack: [frame], bytes: 900 },
  ]);
  assert.deepEqual(
    findings.map(({ rank, signature, location }) => [rank, signature, location]),
    [
      [1, 'Session', { file: '/app/login.js', line: 9, column: 0 }],
      [2, 'Job', null],
    ],
  );
});

test('a collection is placed where V8 says that what it holds is allocated, also if the constructor was inlined', () => {
  const frame = (name: string, line: number) => ({
    function: name,
    scriptId: '7',
    url: 'file:///app/login.js',
    line: line - 1,
    column: 2,
  });
  const placesOf = (...sites: SurvivorSite[]): (number | undefined)[] => {
    const classes = [{ name: 'Session', history: steady }];
    const containers = [{ container: { ...map, holds: 'Session' }, history: steady }];
    return report({ containers, classes, heap: true }, sites).findings.map(({ location }) => location?.line);
  };
  const constructed = { stack: [frame('Session', 8), frame('login', 20)], bytes: 900 };
  const inlined = { stack: [frame('login', 20)], bytes: 900 };
  const other = { stack: [frame('parse', 40)], bytes: 600 };
  assert.deepEqual(placesOf(constructed), [8]);
  assert.deepEqual(placesOf(inlined), [20]);
  // two functions allocate what stays, and nothing says which of them
  assert.deepEqual(placesOf(inlined, other), [undefined]);
});

const found = (rising: Partial<Rising>, sites?: readonly SurvivorSite[]): string[] =>
  report({ ...rising, heap: true }, sites).findings.flatMap(({ title, reasons }) => [title, ...reasons.slice(1)]);

test('a class belongs to the collection that holds it; what it is made of, and other fields of its owner, do too', () => {
  const classes = [
    ['Object', [500, 521, 541, 563]], // other code makes some, too
    ['Session', steady],
    ['Timeout', [12, 23, 32, 42]], // counted a moment earlier
    ['Promise', [7, 37, 67, 97]],
  ] as const;
  const sessions = { ...map, holds: 'Session', heldBy: 'Store.sessions' };
  const order = { ...map, id: 2, kind: 'Array', holds: 'string', heldBy: 'Store.order' } as const;
  const all = {
    classes: classes.map(([name, history]) => ({ name, history })),
    containers: [sessions, order].map((container) => ({ container, history: steady })),
  };
  assert.deepEqual(found(all), [
    'Map Store.sessions of 40 Session gains 10 a round',
    'in step with it, a round: Array Store.order +10, Session +10, Timeout +10, Object +21, Promise +30',
  ]);
});

test('two leaks with the same rate are two findings: two collections, or a class that other code makes', () => {
  const sessions = { ...map, holds: 'Session' };
  const jobs = { ...map, id: 2, kind: 'Array', holds: 'Job' } as const;
  const held = ['Session', 'Job', 'Object'].map((name) => ({ name, history: steady }));
  const containers = [sessions, jobs].map((container) => ({ container, history: steady }));
  assert.deepEqual(found({ classes: held, containers }), [
    'Map of 40 Session gains 10 a round',
    'in step with it, a round: Session +10, Object +10',
    'Array of 40 Job gains 10 a round',
    'in step with it, a round: Job +10',
  ]);
  const site = (name: string, line: number): SurvivorSite => ({
    stack: [{ function: name, scriptId: '7', url: 'file:///app/login.js', line, column: 2 }],
    bytes: 900,
  });
  const elsewhere = found({ classes: held.slice(0, 2), containers: containers.slice(0, 1) }, [site('Session', 8), site('Job', 30)]); // prettier-ignore
  assert.deepEqual(
    elsewhere.filter((text) => text.includes('gains') || text.includes('more')),
    ['Map of 40 Session gains 10 a round', 'Job: 10 more a round'],
  );
  const faster = { name: 'Object', history: [0, 15, 30, 45] };
  assert.equal(report({ classes: [faster], containers: containers.slice(0, 1), heap: true }).findings.length, 2);
});

test('many lists with the same entries and sizes are one finding; two may be two leaks', () => {
  const lists = [1, 2, 3].map((id) => ({
    container: { ...map, id, holds: 'Event' },
    history: steady.map((size) => size - id),
  }));
  assert.deepEqual(found({ containers: lists }), ['Map of 39 Event gains 10 a round (3 of them)']);
  assert.equal(report({ containers: lists.slice(1) }).findings.length, 2);
});

test('of the classes of one package the rarest is the cause; the first of many parts are named', () => {
  const site = (name: string, line: number): SurvivorSite => ({
    stack: [{ function: name, scriptId: '7', url: 'file:///app/node_modules/dom/index.js', line, column: 2 }],
    bytes: 900,
  });
  const classes = [
    { name: 'TextNode', history: [100, 620, 1140, 1660] },
    { name: 'Page', history: steady },
    ...Array.from({ length: 12 }, (_, i) => ({ name: `Part${i}`, history: steady })),
  ];
  const [page, ...others] = found(
    { classes },
    classes.map(({ name }, i) => site(name, i)),
  );
  assert.equal(page, 'Page: 10 more a round');
  assert.match(others.join(), /^in step with it, a round: (Part\d \+10, ){8}and 5 more$/);
});
