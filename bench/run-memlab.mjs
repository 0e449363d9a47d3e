// One run of memlab: node bench/run-memlab.mjs FILE FOLDER_OF_NODE_MODULES
import { createRequire } from 'node:module';
import { printRun } from './run.mjs';

const [file, modules] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
console.log = console.info = () => {}; // silences its progress; printRun writes to stdout itself
const { getFullHeapFromFile } = require('@memlab/heap-analysis');

const started = performance.now();
const heap = await getFullHeapFromFile(file); // parses, and computes dominators and all retained sizes
const read = performance.now();
const classes = new Map();
const retainedBytes = new Float64Array(heap.nodes.length);
const ids = new Uint32Array(heap.nodes.length);
let selfBytes = 0;
let at = 0;
heap.nodes.forEach((node) => {
  classes.set(node.name, (classes.get(node.name) ?? 0) + 1);
  retainedBytes[at] = node.retainedSize;
  ids[at++] = node.id;
  selfBytes += node.self_size;
});
printRun({
  engine: 'memlab',
  seconds: (performance.now() - started) / 1000,
  parseSeconds: (read - started) / 1000,
  nodes: heap.nodes.length,
  edges: heap.edges.length,
  selfBytes,
  classes: classes.size,
  idOf: (node) => ids[node],
  retainedBytes,
});
process.exit(0);
