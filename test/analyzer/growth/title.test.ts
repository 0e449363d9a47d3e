import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderContainer, renderGain } from '#memwatch/analyzer/growth/title.js';

test('listeners are those of an emitter for an event, however Node stores them', () => {
  assert.equal(renderContainer('listeners', 'Settings._events.change'), 'listeners of Settings for change');
  assert.equal(renderContainer('listeners', 'EventTarget[<symbol kEvents>][]'), 'listeners of EventTarget');
  assert.equal(
    renderContainer('listeners', 'EventTarget[<symbol events.kEvents>][abort]'),
    'listeners of EventTarget for abort',
  );
  assert.equal(renderContainer('listeners', 'process._events[my-event]'), 'listeners of process for my-event');
  assert.equal(renderContainer('listeners', 'Socket._events'), 'listeners of Socket');
  assert.equal(renderContainer('listeners', 'handlers'), 'listeners handlers');
  assert.equal(renderContainer('listeners', ''), 'listeners');
});

test('names of V8 and of Node are put into words, those of the program stay', () => {
  assert.equal(renderContainer('map', 'global.sessions', ' (3 of them)'), 'Map global.sessions (3 of them)');
  assert.equal(renderContainer('timers', 'timerListMap[60000]'), 'timers');
  assert.equal(renderContainer('timers', 'Pool.idle'), 'timers Pool.idle');
  assert.equal(renderContainer('promise-reactions', 'shutdown'), 'reactions on the promise shutdown');
  assert.equal(renderContainer('array', 'Queue[<symbol kItems>]'), 'array Queue.kItems');
  assert.equal(
    renderContainer('linked-list', 'first[value in a WeakMap][value in a WeakMap]'),
    'linked list first (value in a WeakMap)',
  );
});

test('what is gained agrees in number with what gains it', () => {
  assert.equal(
    renderGain('listeners', '3', '(anonymous)()', 'call'),
    'gain 3 anonymous functions a call and keep them',
  );
  assert.equal(renderGain('map', '20', 'Session', 'round'), 'gains 20 Session a round and keeps them');
  assert.equal(
    renderGain('closure-chain', '2', 'system / Context', 'round'),
    'gains 2 closure contexts a round and keeps them',
  );
});
