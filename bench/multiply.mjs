// Writes a snapshot that contains another one several times, each copy under the root: for files larger than any heap that a
// machine can capture.
//   node bench/multiply.mjs FILE SOURCE TIMES
import { closeSync, openSync, writeSync } from 'node:fs';
import { readHeapSnapshot } from '../dist/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { edgeTypes, nodeTypes } from '../dist/analyzer/model/heap-graph.js';

const [file, source, times] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const graph = await readHeapSnapshot(source);
const output = openSync(file, 'w');
const width = 6;
let pending = [];
let pendingChars = 0;
const write = (text) => {
  pending.push(text);
  pendingChars += text.length;
  if (pendingChars > 1 << 22) flush();
};
const flush = () => {
  writeSync(output, pending.join(''));
  pending = [];
  pendingChars = 0;
};

const rootEdges = graph.firstEdge[1];
const largestId = graph.nodeId.reduce((most, id) => (id > most ? id : most), 0);
const named = (names) => names.filter((name) => name !== 'unknown');
write(
  `{"snapshot":${JSON.stringify({
    meta: {
      node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'],
      node_types: [named(nodeTypes), 'string', 'number', 'number', 'number', 'number'],
      edge_fields: ['type', 'name_or_index', 'to_node'],
      edge_types: [named(edgeTypes), 'string_or_number', 'node'],
      location_fields: ['object_index', 'script_id', 'line', 'column'],
    },
    node_count: graph.nodeCount * times,
    edge_count: graph.edgeCount * times + times - 1,
    trace_function_count: 0,
  })},\n"nodes":[`,
);
for (let copy = 0; copy < times; copy++) {
  for (let node = 0; node < graph.nodeCount; node++) {
    const isRoot = copy === 0 && node === 0;
    const edges = graph.firstEdge[node + 1] - graph.firstEdge[node] + (isRoot ? times - 1 : 0);
    const id = (graph.nodeId[node] + copy * largestId) >>> 0;
    write(
      `${isRoot ? '' : ','}${graph.nodeType[node]},${graph.nodeName[node]},${id},${graph.selfBytes[node]},${edges},0`,
    );
  }
}
write('],\n"edges":[');
for (let copy = 0; copy < times; copy++) {
  const offset = copy * graph.nodeCount;
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const comma = copy === 0 && edge === 0 ? '' : ',';
    write(`${comma}${graph.edgeType[edge]},${graph.edgeName[edge]},${(graph.edgeTarget[edge] + offset) * width}`);
    if (copy > 0 || edge !== rootEdges - 1) continue;
    for (let other = 1; other < times; other++) write(`,1,${rootEdges + other},${other * graph.nodeCount * width}`);
  }
}
write('],\n"locations":[],\n"strings":[');
for (let index = 0; index < graph.strings.count; index++)
  write(`${index === 0 ? '' : ','}${JSON.stringify(graph.strings.get(index))}`);
write(']}\n');
flush();
closeSync(output);
