// No leak: memwatch's own analysis, over and over: what holds the memory of a snapshot that is written once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import v8 from 'node:v8';
import { readHeapSnapshot } from '../../dist/analyzer/formats/heapsnapshot.js';
import { computeDominators } from '../../dist/analyzer/heap/dominators.js';
import { computeRetainingEdges } from '../../dist/analyzer/heap/edges.js';
import { computeRetainers } from '../../dist/analyzer/heap/retainers.js';

export const iterations = 10;
export const setup = () => {
  const folder = mkdtempSync(join(tmpdir(), 'memwatch-own-'));
  return { folder, file: v8.writeHeapSnapshot(join(folder, 'one.heapsnapshot')) };
};
export const iterate = async ({ file }) => {
  const graph = await readHeapSnapshot(file);
  const edges = computeRetainingEdges(graph);
  computeDominators(graph, edges, computeRetainers(graph, edges));
};
export const teardown = ({ folder }) => rmSync(folder, { recursive: true, force: true });
