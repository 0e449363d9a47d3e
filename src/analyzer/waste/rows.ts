/** Results that are held in memory as a whole: in, a heap; out, arrays of thousands of plain objects of one shape. */
import { preorderPlaces } from './subtree.js';
import { edgeKinds, nodeKinds, objectsNamed } from './layout.js';
import type { Finder } from './kinds.js';

const fewestRows = 1000;
/** The share of an array's elements that must have the same shape. */
const shareOfShape = 0.9;

export const rowsHeldWhole: Finder = {
  kind: 'rows-held-whole',
  title: 'Results held whole',
  advice: 'read in batches, with a cursor or a stream, and keep of each row only what is needed',
  find: (heap, claims, add) => {
    const { graph } = heap;
    const { classOf, list } = heap.classes;
    const isPlain = list.map(({ name }) => name === 'Object' || name.startsWith('{'));
    const places = preorderPlaces(heap);
    for (const node of objectsNamed(graph, 'Array')) {
      const rows: number[] = [];
      for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
        if (graph.edgeType[edge] === edgeKinds.element) rows.push(graph.edgeTarget[edge]);
      if (rows.length < fewestRows) continue;
      const shape = classOf[rows[0]];
      const alike = rows.filter((row) => classOf[row] === shape && graph.nodeType[row] === nodeKinds.object);
      if (!isPlain[shape] || alike.length < shareOfShape * rows.length) continue;
      let bytes = 0;
      for (const held of places.subtree(node)) bytes += claims.takeAll(held);
      add(node, bytes, rowsNote);
    }
  },
};
const rowsNote = 'what is done with the rows is not known: those that are needed all at once are no waste';
