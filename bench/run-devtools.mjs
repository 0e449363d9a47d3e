// One run of Chrome DevTools' engine: node bench/run-devtools.mjs FILE BUNDLE
import { openWithDevtools } from './devtools-engine.mjs';
import { printRun } from './run.mjs';

const [file, bundle] = process.argv.slice(2);
const started = performance.now();
const { snapshot, parseSeconds } = await openWithDevtools(bundle, file);
const classes = snapshot.aggregatesWithFilter({ minNodeId: undefined, maxNodeId: undefined });
const seconds = (performance.now() - started) / 1000;
const width = snapshot.nodeFieldCount;
printRun({
  engine: 'DevTools',
  seconds,
  parseSeconds,
  nodes: snapshot.nodeCount,
  edges: snapshot.containmentEdges.length / snapshot.edgeFieldsCount,
  selfBytes: snapshot.totalSize,
  classes: Object.keys(classes).length,
  idOf: (node) => snapshot.nodes.getValue(node * width + snapshot.nodeIdOffset),
  retainedBytes: snapshot.retainedSizes,
});
