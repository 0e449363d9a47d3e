// node bench/make-synthetic-snapshot.mjs FILE [NODES]: writes a .heapsnapshot of that many nodes, generated and not captured,
// because no process of this machine could hold a heap of ten million objects and V8's graph of it at once.
// global → rows: Array → Row × NODES, each with its owner and one of a thousand labels; every tenth has its own Detail.
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';

const [file, count = '10000000'] = process.argv.slice(2);
const rows = Math.floor((Number(count) - 1003) / 1.1);
const labels = 1000;
const nodeTypes = 'hidden array string object code closure regexp number native synthetic'.split(' ');
const edgeTypes = 'context element property internal hidden shortcut weak'.split(' ');
const [string, object, synthetic] = ['string', 'object', 'synthetic'].map((name) => nodeTypes.indexOf(name));
const [element, property, shortcut] = ['element', 'property', 'shortcut'].map((name) => edgeTypes.indexOf(name));
const width = 6;
const strings = ['<dummy>', '', 'global', 'Array', 'Row', 'Detail', 'rows', 'owner', 'label', 'detail', '1'];
const firstLabel = strings.length;
for (let label = 0; label < labels; label++) strings.push(`label number ${label}`);

// order of nodes: root, global, array, labels, then for each row the row and (every tenth) its detail
const firstRow = 3 + labels;
const nodeOfRow = (row) => firstRow + row + Math.ceil(row / 10);
const nodeCount = firstRow + rows + Math.ceil(rows / 10);
const edgeCount = 2 + rows + rows * 2 + Math.ceil(rows / 10);

const part = `${file}.part`;
const out = openSync(part, 'w', 0o600);
let pending = '';
const write = (text) => {
  pending += text;
  if (pending.length > 1 << 20) flush();
};
const flush = () => {
  writeSync(out, pending);
  pending = '';
};

write(
  `{"snapshot":${JSON.stringify({
    meta: {
      node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'],
      node_types: [nodeTypes, 'string', 'number', 'number', 'number', 'number'],
      edge_fields: ['type', 'name_or_index', 'to_node'],
      edge_types: [edgeTypes, 'string_or_number', 'node'],
      trace_function_info_fields: [],
      trace_node_fields: [],
      sample_fields: [],
      location_fields: ['object_index', 'script_id', 'line', 'column'],
    },
    node_count: nodeCount,
    edge_count: edgeCount,
    trace_function_count: 0,
  })},\n"nodes":[`,
);
let id = 1;
const node = (type, name, selfBytes, edges) => {
  write(`${id === 1 ? '' : ','}${type},${name},${id},${selfBytes},${edges},0\n`);
  id += 2;
};
node(synthetic, 1, 0, 1);
node(object, 2, 64, 1);
node(object, 3, 32 + 8 * rows, rows);
for (let label = 0; label < labels; label++) node(string, firstLabel + label, 24, 0);
for (let row = 0; row < rows; row++) {
  const detailed = row % 10 === 0;
  node(object, 4, 40 + 8 * (row % 7), detailed ? 3 : 2);
  if (detailed) node(object, 5, 100 + (row % 1000), 0);
}
write('],\n"edges":[');
let first = true;
const edge = (type, name, target) => {
  write(`${first ? '' : ','}${type},${name},${target * width}\n`);
  first = false;
};
edge(shortcut, 10, 1);
edge(property, 6, 2);
for (let row = 0; row < rows; row++) edge(element, row, nodeOfRow(row));
for (let row = 0; row < rows; row++) {
  edge(property, 7, 2);
  edge(property, 8, 3 + (row % labels));
  if (row % 10 === 0) edge(property, 9, nodeOfRow(row) + 1);
}
write('],\n"trace_function_infos":[],\n"trace_tree":[],\n"samples":[],\n"locations":[],\n"strings":');
write(`${JSON.stringify(strings)}}`);
flush();
closeSync(out);
renameSync(part, file);
console.log(`${file}: ${nodeCount} nodes, ${edgeCount} edges`);
