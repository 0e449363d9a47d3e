/** The snapshots of test/fixtures/snapshots; make.mjs there says how they were made. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { NodeMajor } from './nodes.js';
import { repository } from './paths.js';

export const snapshotFixture = (major: NodeMajor): string =>
  repository(`test/fixtures/snapshots/node-${major}.heapsnapshot.gz`);

/** Of page.html, by Chromium 156; see make-chrome.mjs. */
export const chromeFixture = repository('test/fixtures/snapshots/chrome.heapsnapshot.gz');

/**
 * The results of Chrome DevTools' engine for the snapshot of Node 24: for every node its immediate dominator and retained
 * size.
 */
export const devtoolsAnswer = (): { dominator(node: number): number; retainedBytes(node: number): number } => {
  const bytes = gunzipSync(readFileSync(repository('test/fixtures/snapshots/node-24.devtools.f64.gz')));
  const values = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return { dominator: (node) => values[node * 2], retainedBytes: (node) => values[node * 2 + 1] };
};
