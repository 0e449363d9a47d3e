/** Places in the source for functions, classes and variables of a snapshot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPlaces, functionsByContext } from '#memwatch/analyzer/growth/places.js';
import { propertyOf } from '#memwatch/analyzer/growth/snapshots/properties.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { drawHeap } from '../../support/graph.js';

const source = `const sessions = new Map();
class Store {}
export const login = () => { const id = 1; return () => sessions.set(id, new Store()); };
`;

const { graph, node } = drawHeap(
  `
  root -login-> login login:closure
  login -internal:shared-> shared:code
  shared -internal:script-> /app/store.js script:code
  script -internal:source-> text:string
  login -internal:context-> system / Context module:object
  module -context:sessions-> Map sessions
  root -inner-> inner:closure
  inner -internal:context-> system / Context call:object
  call -internal:previous-> system / Context outer:object
  outer -internal:previous-> module
  call -context:id-> one:number
  root -store-> Store store
  store -__proto__-> Object proto
  proto -constructor-> Store ctor:closure
  root -plain-> Object plain
  root -builtin-> push builtin:closure
  root -lost-> lost:closure
  lost -internal:shared-> sharedLost:code
  sharedLost -internal:script-> DebugInfo record:code
`,
  { positions: { login: [7, 2, 21], inner: [7, 2, 51], ctor: [7, 1, 0], lost: [8, 0, 0] } },
);

const places = (text?: string) => createPlaces(graph, { locator: createLocator(), sourceOf: () => text });
const file = '/app/store.js';

test('a function is where V8 says, 1-based; a built-in one is nowhere', () => {
  assert.deepEqual(places().ofFunction(node('login')), { file, line: 3, column: 22 });
  assert.equal(places().ofFunction(node('builtin')), undefined);
});

test('a script that only a record of a debugger names has no address', () => {
  assert.equal(places().ofFunction(node('lost')), undefined);
});

test("an object's class is where the constructor of its prototype is", () => {
  assert.deepEqual(places().ofClass(node('store')), { file, line: 2, column: 1 });
  assert.equal(places().ofClass(node('plain')), undefined);
  assert.equal(propertyOf(graph, node('store'), '__proto__'), node('proto'));
  assert.equal(propertyOf(graph, node('store'), 'constructor'), -1);
});

test('a variable is at its declaration, or without the text at a function that uses it', () => {
  assert.deepEqual(places(source).ofVariable(node('module'), 'sessions'), { file, line: 1, column: 7 });
  assert.deepEqual(places(source).ofVariable(node('call'), 'id'), { file, line: 3, column: 36 });
  assert.deepEqual(places().ofVariable(node('module'), 'sessions'), { file, line: 3, column: 22 });
  assert.equal(places(source).ofVariable(node('plain'), 'sessions'), undefined);
});

test('a context that only an inner one leads to is seen from the function of the inner one', () => {
  const seen = functionsByContext(graph);
  assert.deepEqual(
    ['module', 'call', 'outer'].map((context) => seen.get(node(context))),
    ['login', 'inner', 'inner'].map(node),
  );
});
