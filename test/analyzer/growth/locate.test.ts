/** The place to look at, and the functions that are kept: which code is named for a finding. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptFunctions } from '#memwatch/analyzer/growth/kept-functions.js';
import { isForeignOr, locate } from '#memwatch/analyzer/growth/locate.js';
import type { Places } from '#memwatch/analyzer/growth/places.js';
import { stepsTo, type Anchor } from '#memwatch/analyzer/growth/snapshots/steps.js';
import type { AddingLine, FindingKind, KeptFunction } from '#memwatch/analyzer/model/finding.js';
import type { Location } from '#memwatch/analyzer/model/location.js';
import { drawGrowth, upTo } from '../../support/drawn-growth.js';

type Files = Readonly<Record<string, string>>;

/** Functions, classes and variables are in the file given for their handle, at a line that says which of these was asked for. */
const placesOf = (files: Files, node: (handle: string) => number): Places => {
  const at =
    (line: number) =>
    (index: number): Location | undefined => {
      const handle = Object.keys(files).find((one) => node(one) === index);
      return handle === undefined ? undefined : { file: files[handle] ?? '', line, column: 1 };
    };
  const ofAdditions = ({ node: index, kind }: Anchor, members: readonly string[]): AddingLine[] => {
    const isKnown = files[`${kind} ${members.join('.')}`] !== undefined;
    return isKnown ? [{ location: { ...(at(4)(index) ?? nowhere), line: 4 }, function: null }] : [];
  };
  return {
    ofFunction: at(1),
    ofClass: at(2),
    ofVariable: at(3),
    ofAdditions,
    ofListening: () => undefined,
    codeOf: () => undefined,
    originalName: () => undefined,
  };
};

const nowhere = { file: '', line: 0, column: 0 };

const isForeign = isForeignOr((file) => file === '/check.js');

/** An array of listeners: in a variable of a function, of an object of class Bus. `fn1` is the first listener. */
const draw = (k: number): string =>
  `global -start-> start:closure\nstart -internal:context-> system / Context ctx\nctx -context:bus-> Bus bus\n` +
  `bus -list-> Array list\n${upTo(
    4 * (k + 1),
    (i) => `list -#${i}-> Listener l${i}\nl${i} -fn-> onEnd fn${i}:closure 64\nfn${i} -internal:shared-> shared:code`,
  )}`;

const located = async (files: Files, kind: FindingKind = 'array', entry = 'l9'): Promise<string | undefined> => {
  const { growth, node } = await drawGrowth(draw);
  const list = node('list');
  const container = { node: list, entryClass: 0, history: [], entry: node(entry), alsoHeldBy: [], chained: false };
  const steps = stepsTo(growth.last.graph, growth.paths, list);
  const found = locate(growth, kind, container, steps, placesOf(files, node), isForeign);
  return found === undefined
    ? undefined
    : [found.location, found.declared].flatMap((at) => (at === undefined ? [] : [render(at)])).join(', declared at ');
};

const render = ({ file, line }: Location): string =>
  `${file} ${['', 'function', 'class', 'variable', 'addition'][line] ?? ''}`;

test('the code that owns the container is the place: the nearest whose place is known', async () => {
  assert.equal(await located({ bus: '/bus.js', ctx: '/start.js' }), '/bus.js class');
  assert.equal(await located({ ctx: '/start.js', start: '/other.js' }), '/start.js variable');
  assert.equal(await located({ start: '/start.js' }), '/start.js function');
  assert.equal(await located({}), undefined);
});

test('the line that adds comes first, if the code that owns the container has one', async () => {
  assert.equal(await located({ bus: '/bus.js', 'class list': '' }), '/bus.js addition, declared at /bus.js class');
  assert.equal(await located({ ctx: '/a.js', 'variable list': '' }), '/a.js addition, declared at /a.js variable');
  assert.equal(await located({ bus: '/bus.js', 'variable list': '' }), '/bus.js class');
});

test('the parts of a text that is appended to are no members of the variable that holds it', async () => {
  const text = (k: number): string =>
    `global -write-> write:closure\nwrite -internal:context-> system / Context ctx\nctx -context:log-> part p${k + 9}:concatenated_string\n` +
    upTo(k + 8, (i) => `part p${i + 1}:concatenated_string 32\np${i + 1} -internal:first-> p${i}`);
  const { growth, node } = await drawGrowth((k) => `${text(k)}\npart p1:concatenated_string 32`);
  const steps = stepsTo(growth.last.graph, growth.paths, node('p5'));
  const container = { node: node('p5'), entryClass: 0, history: [], entry: -1, alsoHeldBy: [], chained: true };
  const places = placesOf({ ctx: '/a.js', 'variable ': '' }, node);
  assert.equal(locate(growth, 'string', container, steps, places, isForeign)?.location.line, 4);
});

test('what a variable of the program holds, but code of Node adds to, has no line of the program that adds', async () => {
  const additionsOf = async (files: Files) => {
    const { growth, node } = await drawGrowth(draw);
    const list = node('list');
    const container = { node: list, entryClass: 0, history: [], entry: node('l9'), alsoHeldBy: [], chained: false };
    const steps = stepsTo(growth.last.graph, growth.paths, list);
    return locate(growth, 'array', container, steps, placesOf(files, node), isForeign)?.additions;
  };
  assert.deepEqual(await additionsOf({ bus: 'node:events', ctx: '/start.js' }), []);
  assert.equal(await additionsOf({ ctx: '/start.js' }), undefined);
});

test('the entries of a tree are known by the properties by which they hold one another', async () => {
  const tree = (k: number): string =>
    `global -start-> start:closure\nstart -internal:context-> system / Context ctx\nctx -context:tree-> Tree tree\n` +
    `tree -root-> Node n1\n${upTo(k + 8, (i) => `n${i} -${i % 2 === 0 ? 'left' : 'right'}-> Node n${i + 1}`)}`;
  const { growth, node } = await drawGrowth(tree);
  const container = {
    node: node('tree'),
    entryClass: 0,
    history: [],
    entry: node('n9'),
    alsoHeldBy: [],
    chained: true,
  };
  const steps = stepsTo(growth.last.graph, growth.paths, node('tree'));
  const asked: unknown[] = [];
  const places: Places = {
    ...placesOf({ tree: '/tree.js' }, node),
    ofAdditions: (_anchor, _members, _kind, links) => (asked.push(links), []),
  };
  locate(growth, 'linked-list', container, steps, places, isForeign);
  assert.deepEqual(asked, [{ fields: ['right', 'left'], entryClass: 'Node' }]);
});

test('if a dependency owns the container, the nearest variable or class of the application above it is named too', async () => {
  const heldBy = async (files: Files): Promise<string | undefined> => {
    const { growth, node } = await drawGrowth(draw);
    const list = node('list');
    const container = { node: list, entryClass: 0, history: [], entry: node('l9'), alsoHeldBy: [], chained: false };
    const steps = stepsTo(growth.last.graph, growth.paths, list);
    const found = locate(growth, 'array', container, steps, placesOf(files, node), isForeign);
    return found?.heldBy === undefined ? undefined : render(found.heldBy);
  };
  const bus = '/app/node_modules/bus/bus.js';
  assert.equal(await heldBy({ bus, ctx: '/app/start.js' }), '/app/start.js variable');
  assert.equal(
    await heldBy({ bus, ctx: '/app/node_modules/b/b.js', start: '/app/start.js' }),
    '/app/start.js function',
  );
  assert.equal(await heldBy({ bus, ctx: '/check.js' }), undefined);
  assert.equal(await heldBy({ bus: '/app/bus.js', ctx: '/app/start.js' }), undefined);
});

test('for listeners the place is the code that listens, if it is known', async () => {
  assert.equal(await located({ bus: '/bus.js', fn9: '/listen.js' }, 'listeners'), '/listen.js function');
  assert.equal(await located({ bus: '/bus.js' }, 'listeners'), '/bus.js class');
  assert.equal(await located({ bus: '/bus.js', fn9: '/listen.js' }), '/bus.js class');
});

test('the code of a bound function is that of the function, not of what it is bound to', async () => {
  const bound = (k: number): string =>
    `global -bus-> Bus bus\nbus -list-> Array list\n${upTo(
      4 * (k + 1),
      (i) =>
        `list -#${i}-> native_bind b${i}:closure\nb${i} -internal:bound_this-> Pool pool${i}\nb${i} -internal:bound_function-> onExit fn${i}:closure`,
    )}`;
  const { growth, node } = await drawGrowth(bound);
  const list = node('list');
  const container = { node: list, entryClass: 0, history: [], entry: node('b9'), alsoHeldBy: [], chained: false };
  const places = placesOf({ pool9: '/pool.js', fn9: '/listen.js' }, node);
  const steps = stepsTo(growth.last.graph, growth.paths, list);
  assert.equal(locate(growth, 'listeners', container, steps, places, isForeign)?.location.file, '/listen.js');
});

test("if Node's own code owns the container, the code of the entries is the place, and at worst Node's own", async () => {
  assert.equal(await located({ bus: 'node:events', fn9: '/listen.js' }), '/listen.js function');
  assert.equal(await located({ bus: 'node:events', ctx: '/start.js' }), '/start.js variable');
  assert.equal(await located({ ctx: 'node:timers', start: '/start.js' }), 'node:timers variable');
  assert.equal(await located({ bus: '/check.js', fn9: '/listen.js' }), '/listen.js function');
});

test("foreign are Node's files, and those that the caller names", () => {
  assert.deepEqual(['node:fs', '/check.js', '/app.js'].map(isForeign), [true, true, false]);
  assert.equal(isForeignOr(undefined)('/check.js'), false);
});

const kept = async (files: Files, least = 1): Promise<readonly KeptFunction[]> => {
  const { growth, node } = await drawGrowth(
    (k) => `${draw(k)}\n${upTo(k + 1, (i) => `list -#9${i}-> rare rare${i}:closure`)}`,
  );
  const [region] = growth.regions;
  assert.ok(region !== undefined);
  return keptFunctions(region, growth.last, placesOf(files, node), 3, least, isForeign);
};

test('closures of one function count together, and one of which a single closure came is left out', async () => {
  assert.deepEqual(await kept({ fn5: '/listen.js', rare2: '/rare.js', rare3: '/rare.js', rare4: '/rare.js' }), [
    { function: 'onEnd', file: '/listen.js', line: 1, countPerRound: 4 },
  ]);
});

test('a function that is kept less often than asked for is left out, and so is foreign code', async () => {
  assert.deepEqual(await kept({ fn5: '/listen.js' }, 5), []);
  assert.deepEqual(await kept({ fn5: 'node:events' }), []);
});
