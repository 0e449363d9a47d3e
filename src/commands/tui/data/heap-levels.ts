/** The trees of the Heap tab: fields, what holds an object, what it dominates. In: HeapData. Out: levels of a tree. */
import type { Heap } from '../../../analyzer/heap/heap.js';
import { contentsOf, hasContents, holdersOf } from '../../../analyzer/heap/neighbours.js';
import { labelOf } from '../../../analyzer/heap/words.js';
import { noEdge, type Dominators } from '../../../analyzer/model/heap-results.js';
import type { Level } from './tree-list.js';

/** What a node holds. */
export const fieldsLevel = (heap: Heap, node: number): Level => {
  const contents = contentsOf(heap, node);
  return {
    items: numbersTo(contents.count),
    nodeOf: (item) => contents.nodeAt(item),
    textOf: (item) => contents.labelAt(item),
    below: (item) => fieldsLevel(heap, contents.nodeAt(item)),
    hasBelow: (item) => hasContents(heap, contents.nodeAt(item)),
  };
};

const numbersTo = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, at) => at);

/** These nodes as they are; below each, its fields. */
export const nodesLevel = (heap: Heap, items: Uint32Array): Level => {
  const { firstEdge } = heap.graph;
  return {
    items,
    nodeOf: (node) => node,
    textOf: () => undefined,
    below: (node) => fieldsLevel(heap, node),
    hasBelow: (node) => firstEdge[node + 1] > firstEdge[node],
  };
};

/** The same, each with the name by which it is held: `sessions: Map`. */
export const namedLevel = (heap: Heap, items: Uint32Array): Level => ({
  ...nodesLevel(heap, items),
  textOf: (node) => {
    const edge = heap.paths.edge[node];
    const text = edge === noEdge ? '' : labelOf(heap.graph, heap.paths.from[node], edge).text;
    return text === '' ? undefined : text;
  },
});

export const nodesOfClass = ({ classes }: Heap, className: string): Uint32Array => {
  const index = classes.list.findIndex((one) => one.name === className);
  const { classOf } = classes;
  const nodes = new Uint32Array(classes.list[index]?.count ?? 0);
  let count = 0;
  for (let node = 0; node < classOf.length && count < nodes.length; node++) {
    if (classOf[node] === index) nodes[count++] = node;
  }
  return nodes;
};

/**
 * What a node alone keeps alive; the top level is what the root dominates. Items are positions in the preorder of
 * dominators.
 */
export const dominatedLevel = (dominators: Dominators, at = 0): Level => {
  const { preorder, subtreeNodes } = dominators;
  return {
    items: placesBelow(subtreeNodes, at),
    nodeOf: (place) => preorder[place],
    textOf: () => undefined,
    below: (place) => dominatedLevel(dominators, place),
    hasBelow: (place) => subtreeNodes[place] > 1,
  };
};

const placesBelow = (subtreeNodes: Uint32Array, at: number): Uint32Array => {
  const end = at + subtreeNodes[at];
  let count = 0;
  for (let place = at + 1; place < end; place += subtreeNodes[place]) count++;
  const places = new Uint32Array(count);
  for (let place = at + 1, index = 0; place < end; place += subtreeNodes[place]) places[index++] = place;
  return places;
};

/** What holds a node: first what is on the path to the root, then properties and variables, last V8's own. */
export const retainersLevel = (heap: Heap, node: number): Level => {
  const { retainers } = heap;
  const holders = holdersOf(heap, node);
  const remoteness = Float64Array.from({ length: holders.count }, (_, at) =>
    holders.isOnPath(at) ? 0 : holders.isNamed(at) ? 1 : 2,
  );
  return {
    items: numbersTo(holders.count).sort((a, b) => remoteness[a] - remoteness[b] || a - b),
    nodeOf: (item) => holders.nodeAt(item),
    textOf: (item) => holders.labelAt(item),
    below: (item) => retainersLevel(heap, holders.nodeAt(item)),
    hasBelow: (item) => retainers.first[holders.nodeAt(item) + 1] > retainers.first[holders.nodeAt(item)],
  };
};
