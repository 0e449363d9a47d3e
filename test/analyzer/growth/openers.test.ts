/** Who opens what grows outside the heap, by the stacks of what stays alive. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withOpeners } from '#memwatch/analyzer/growth/openers.js';
import { fileDescriptors, threads } from '#memwatch/analyzer/growth/readings/counters.js';
import { finding } from '../../support/check-report.js';

const frame = (name: string, url: string, line = 9) => ({ function: name, scriptId: '7', url, line, column: 0 });
const parser = frame('Parser', 'file:///app/node_modules/parser/parse.js');
const upload = frame('upload', 'file:///app/upload.js', 19);
const createWriteStream = [frame('WriteStream', 'node:internal/fs/streams'), frame('createWriteStream', 'node:fs')];
const emit = [frame('push', 'node:internal/streams/readable'), frame('onStreamRead', 'node:internal/fs/streams')];

const place = (counter: string, ...stacks: ReturnType<typeof frame>[][]): string => {
  const grows = finding({ container: { id: 0, name: counter, type: 'native' }, location: null, gains: [] });
  const sites = stacks.map((stack, i) => ({ stack, bytes: 1000 * (i + 1) }));
  const { location } = withOpeners(grows, sites, () => undefined, {});
  return location === null ? '' : `${location.file}:${location.line}`;
};

test('a descriptor is opened where the program called a function of Node that opens one', () => {
  const opened = [...createWriteStream, upload];
  assert.equal(place(fileDescriptors, opened), '/app/upload.js:20');
  // what is made of the data that a file delivers is larger, but opens nothing
  assert.equal(place(fileDescriptors, opened, [parser, ...emit], [parser, upload]), '/app/upload.js:20');
});

test('a descriptor that is a file is opened by a function for files, and a socket by one for sockets', () => {
  const request = [frame('request', 'node:_http_client'), upload];
  const write = [...createWriteStream, frame('store', 'file:///app/store.js', 4)];
  const close = [frame('close', 'node:fs'), parser];
  const grows = finding({ container: { id: 0, name: fileDescriptors, type: 'native' }, location: null, gains: [] });
  const fileOf = (descriptors: string, stacks: ReturnType<typeof frame>[][], all = false) => {
    const sites = stacks.map((stack, i) => ({ stack, bytes: 1000 * (i + 1) }));
    return withOpeners(grows, sites, () => undefined, { descriptors, all }).location?.file;
  };
  assert.equal(fileOf('file /tmp/#', [write, request, close]), '/app/store.js');
  assert.equal(fileOf('socket to [::1]:80', [request, write, close]), '/app/upload.js');
  assert.equal(fileOf('inotify', [request, write, close]), '/app/store.js', 'any');
  // what closes may have allocated what survives, but it says nothing where all allocations are sampled
  assert.deepEqual([false, true].map((all) => fileOf('file /tmp/#', [close], all)), ['/app/node_modules/parser/parse.js', undefined]); // prettier-ignore
});

test('without a stack that opens one, no place is given', () => {
  assert.equal(place(fileDescriptors, [parser, ...emit]), '');
  assert.equal(place(threads, [...createWriteStream, upload]), '');
});
