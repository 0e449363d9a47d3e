import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayContainer, sayGain } from '#memwatch/analyzer/growth/say-title.js';

test('listeners are those of an emitter for an event, however Node keeps them', () => {
  assert.equal(sayContainer('listeners', 'Settings._events.change'), 'listeners of Settings for change');
  assert.equal(sayContainer('listeners', 'EventTarget[<symbol kEvents>][]'), 'listeners of EventTarget');
  assert.equal(
    sayContainer('listeners', 'EventTarget[<symbol events.kEvents>][abort]'),
    'listeners of EventTarget for abort',
  );
  assert.equal(sayContainer('listeners', 'process._events[my-event]'), 'listeners of process for my-event');
  assert.equal(sayContainer('listeners', 'Socket._events'), 'listeners of Socket');
  assert.equal(sayContainer('listeners', 'handlers'), 'listeners handlers');
  assert.equal(sayContainer('listeners', ''), 'listeners');
});

test('names of V8 and of Node are said in words, those of the program stay', () => {
  assert.equal(sayContainer('map', 'global.sessions', ' (3 of them)'), 'Map global.sessions (3 of them)');
  assert.equal(sayContainer('timers', 'timerListMap[60000]'), 'timers');
  assert.equal(sayContainer('timers', 'Pool.idle'), 'timers Pool.idle');
  assert.equal(sayContainer('promise-reactions', 'shutdown'), 'reactions on the promise shutdown');
  assert.equal(sayContainer('array', 'Queue[<symbol kItems>]'), 'array Queue.kItems');
  assert.equal(
    sayContainer('linked-list', 'first[value in a WeakMap][value in a WeakMap]'),
    'linked list first (value in a WeakMap)',
  );
});

test('what is gained agrees in number with what gains it', () => {
  assert.equal(sayGain('listeners', '3', '(anonymous)()', 'call'), 'gain 3 anonymous functions a call and keep them');
  assert.equal(sayGain('map', '20', 'Session', 'round'), 'gains 20 Session a round and keeps them');
  assert.equal(
    sayGain('closure-chain', '2', 'system / Context', 'round'),
    'gains 2 closure contexts a round and keeps them',
  );
});
