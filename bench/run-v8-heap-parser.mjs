// One run of @vscode/v8-heap-parser: node bench/run-v8-heap-parser.mjs FILE FOLDER_OF_NODE_MODULES
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { printRun } from './run.mjs';

const [file, modules] = process.argv.slice(2);
const parser = createRequire(`${modules}/`)('@vscode/v8-heap-parser');
const started = performance.now();
const graph = parser.decode_bytes(readFileSync(file));
const read = performance.now();
const groups = graph.get_class_groups(0, 1_000_000, false); // computes the retained sizes
let selfBytes = 0;
let nodes = 0;
for (const group of groups) {
  selfBytes += Number(group.self_size);
  nodes += group.children_len;
}
printRun({
  engine: 'v8-heap-parser',
  seconds: (performance.now() - started) / 1000,
  parseSeconds: (read - started) / 1000,
  nodes,
  edges: undefined,
  selfBytes,
  classes: groups.length,
  idOf: (node) => node,
  retainedBytes: new Float64Array(0),
});
