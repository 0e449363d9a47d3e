/** The snapshots of test/fixtures/snapshots; make.mjs there says how they were made. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { NodeMajor } from './nodes.js';
import { repository } from './paths.js';

export const snapshotFixture = (major: NodeMajor): string =>
  repository(`test/fixtures/snapshots/node-${major}.heapsnapshot.gz`);

/** Of page.html, by Chromium 156; make-chrome.mjs says how. */
export const chromeFixture = repository('test/fixtures/snapshots/chrome.heapsnapshot.gz');

/** What Chrome DevTools' engine says of the one of Node 24: for every node its immediate dominator and retained bytes. */
export const devtoolsAnswer = (): { dominator(node: number): number; retainedBytes(node: number): number } => {
  const bytes = gunzipSync(readFileSync(repository('test/fixtures/snapshots/node-24.devtools.f64.gz')));
  const values = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return { dominator: (node) => values[node * 2], retainedBytes: (node) => values[node * 2 + 1] };
};
