/**
 * A server where an inspector is expected may send anything: memwatch reports it in one line, with exit code 2 and bounded
 * memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameHead, startFakeInspector, textFrame, type FakeAnswers } from '../support/fake-inspector.js';
import { memwatch } from '../support/memwatch.js';

/** Answers each command with this result. */
const always = (result: string): FakeAnswers => {
  let id = 0;
  return { frame: (socket) => socket.write(textFrame(`{"id":${++id},"result":${result}}`)) };
};
const value = (text: string): FakeAnswers => always(`{"result":{"type":"object","value":${text}}}`);

const cases: Record<string, { answers: FakeAnswers; says: RegExp; byUrl?: true }> = {
  'a frame that is no JSON': {
    answers: { frame: (socket) => socket.write(textFrame('<html>')) },
    says: /sent something that is not the inspector protocol/,
  },
  'JSON that is no message': {
    answers: { frame: (socket) => socket.write(textFrame('[1]')) },
    says: /sent something that is not the inspector protocol/,
  },
  'a frame before it was asked': {
    answers: { open: (socket) => socket.write(textFrame('}')) },
    says: /sent something that is not the inspector protocol|no answer/,
  },
  'answers without what was asked for': {
    answers: always('{}'),
    says: /the answer to Runtime.evaluate has no result|is not Node/,
  },
  'answers that are null': {
    answers: always('null'),
    says: /the answer to Runtime.evaluate has no result|is not Node/,
  },
  'answers that are a text': { answers: always('"x"'), says: /sent something that is not the inspector protocol/ },
  'null for every value': { answers: value('null'), says: /is not Node/ },
  'a number for every value': { answers: value('7'), says: /is not Node/ },
  'another runtime': {
    answers: value('{"pid":7,"version":"v22.6.0","runtime":"Bun 1.4.5"}'),
    says: /is not Node.js but Bun 1.4.5/,
  },
  'an object for every value': { answers: value('{"a":1}'), says: /is not Node/ },
  'a value of 200 MB': {
    answers: {
      frame: (socket) => {
        socket.write(frameHead(200e6));
        for (let i = 0; i < 200; i++) socket.write(Buffer.alloc(1e6, 0x20));
      },
    },
    says: /a message of more than 128 MB/,
  },
  'an end in the midst of a message': {
    answers: {
      frame: (socket) => {
        socket.write(frameHead(1000));
        socket.end('{"id":1');
      },
    },
    says: /closed the connection|connection to .* failed/,
  },
  'a frame that is against the protocol': {
    answers: { frame: (socket) => socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff])) },
    says: /the connection to .* failed/,
  },
  'a redirect of the WebSocket': {
    answers: { upgrade: (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\n\r\n') },
    says: /redirects to another address, which memwatch does not follow/,
    byUrl: true,
  },
  'a redirect of the list': {
    answers: { list: (response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/json/list' }).end() },
    says: /no inspector answers at/,
  },
  'a list without an end': {
    answers: {
      list: (response) => {
        const write = (): void => {
          while (!response.destroyed && response.write('[1,'.repeat(10_000)));
          if (!response.destroyed) response.once('drain', write);
        };
        write();
      },
    },
    says: /no inspector answers at/,
  },
  'a list of another shape': { answers: { list: (response) => response.end('[null]') }, says: /no inspector answers/ },
  'a list with an address that is none': {
    answers: { list: (response) => response.end('[{"webSocketDebuggerUrl":"::"}]') },
    says: /no inspector answers/,
  },
};

for (const [what, { answers, says, byUrl }] of Object.entries(cases)) {
  test(`${what} is one line and exit code 2`, async (t) => {
    const fake = await startFakeInspector(t, answers);
    const run = await memwatch(['cpu', byUrl === true ? fake.url : fake.address, '-d', '1s'], {
      env: { NODE_OPTIONS: '--max-old-space-size=400' },
    });
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, says);
    assert.match(run.stderr, /^memwatch: .*\n( {2}.*\n)?$/);
    assert.doesNotMatch(run.stderr, /bug in memwatch|\n\s+at /);
  });
}
