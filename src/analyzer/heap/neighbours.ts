/**
 * One object with what holds it and what it holds: in, a heap and a node; out, both lists in a person's words. Machinery
 * between the two is stepped over: a Map holds its entries, not its table.
 */
import { nodeTypeName, type NodeId } from '../model/heap-graph.js';
import type { HeapLink, HeapObjectDetail } from '../model/heap-results.js';
import { retains } from './edges.js';
import type { Heap } from './heap.js';
import { isPersons, sayNode, sayPath, type Link } from './words.js';

/** More neighbours than this are counted, but not looked at. */
const mostNeighbours = 2_000_000;
/** Machinery is stepped over this many times in a row. */
const deepestMachinery = 4;

/** From the holder to the held, machinery between them included; the first link has no edge. */
type Chain = readonly Link[];

export const describeObject = (heap: Heap, node: number, limit: number): HeapObjectDetail => {
  const retainers = chainsFrom(heap, [{ edge: -1, node }], holdersOf).map((chain) => chain.toReversed());
  const contents = chainsFrom(heap, [{ edge: -1, node }], heldBy);
  return {
    ...heap.object(node),
    retainers: links(heap, retainers.map(turned), (chain) => chain[0].node, limit),
    retainerCount: retainers.length,
    contents: links(heap, contents, (chain) => chain[chain.length - 1].node, limit),
    contentCount: contents.length,
  };
};

/** Chains were walked upwards, each link with the edge that leads down from it: moves every edge to its lower end. */
const turned = (chain: Chain): Chain =>
  chain.map(({ node }, index) => ({ node, edge: index === 0 ? -1 : chain[index - 1].edge }));

const links = (heap: Heap, chains: readonly Chain[], endOf: (chain: Chain) => number, limit: number): HeapLink[] => {
  const { retainedBytes } = heap.dominators;
  return chains
    .toSorted((a, b) => retainedBytes[endOf(b)] - retainedBytes[endOf(a)])
    .slice(0, limit)
    .map((chain) => {
      const node = endOf(chain);
      return {
        label: sayPath(heap.graph, chain).at(-1)?.label ?? '',
        id: heap.graph.nodeId[node] as NodeId,
        name: sayNode(heap.graph, node),
        type: nodeTypeName(heap.graph, node),
        selfBytes: heap.graph.selfBytes[node],
        retainedBytes: retainedBytes[node],
      };
    });
};

/** Every chain from a node to the nearest that a person knows, in one direction. */
const chainsFrom = (heap: Heap, start: Chain, next: (heap: Heap, node: number) => Iterable<Link>): Chain[] => {
  const done: Chain[] = [];
  const open: Chain[] = [start];
  for (let chain = open.pop(); chain !== undefined; chain = open.pop()) {
    for (const link of next(heap, chain[chain.length - 1].node)) {
      if (chain.some(({ node }) => node === link.node)) continue;
      const longer = [...chain, link];
      if (isPersons(heap.graph, link.node) || longer.length > deepestMachinery) done.push(longer);
      else open.push(longer);
      if (done.length >= mostNeighbours) return done;
    }
  }
  return done;
};

/** Hidden classes and compiled code are shared by all objects of a kind, and are left out. */
function* heldBy(heap: Heap, node: number): Generator<Link> {
  const { graph, edges } = heap;
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    const type = nodeTypeName(graph, graph.edgeTarget[edge]);
    if (retains(edges, edge) && type !== 'object shape' && type !== 'code')
      yield { edge, node: graph.edgeTarget[edge] };
  }
}

function* holdersOf(heap: Heap, node: number): Generator<Link> {
  const { graph, edges } = heap;
  const { first, node: retainer } = heap.retainers;
  for (const from of new Set(retainer.subarray(first[node], first[node + 1]))) {
    for (let edge = graph.firstEdge[from]; edge < graph.firstEdge[from + 1]; edge++)
      if (graph.edgeTarget[edge] === node && retains(edges, edge)) yield { edge, node: from };
  }
}
