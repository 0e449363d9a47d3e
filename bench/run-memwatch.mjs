// One run of memwatch: node bench/run-memwatch.mjs FILE
import { readHeapSnapshot } from '../dist/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '../dist/analyzer/heap/heap.js';
import { nodeTypeName } from '../dist/analyzer/model/heap-graph.js';
import { printRun } from './run.mjs';

const [file] = process.argv.slice(2);
const started = performance.now();
const graph = await readHeapSnapshot(file);
const parsed = performance.now();
const heap = await new Heap(graph).prepare();
const { retainedBytes } = heap.dominators;
const dominated = performance.now();
const classes = heap.classes.list.length;
const seconds = (performance.now() - started) / 1000;
printRun({
  engine: 'memwatch',
  seconds,
  parseSeconds: (parsed - started) / 1000,
  dominatorSeconds: (dominated - parsed) / 1000,
  nodes: graph.nodeCount,
  edges: graph.edgeCount,
  selfBytes: retainedBytes[0],
  classes,
  idOf: (node) => graph.nodeId[node],
  retainedBytes,
  // DevTools adds the self size of these to their only owner, so self sizes differ by design
  isCompared: (node) => !/^(array|hidden|native)$/.test(nodeTypeName(graph, node)),
});
