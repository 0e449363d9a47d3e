/** Results that are held in memory as a whole: in, a heap; out, arrays of thousands of plain objects of one shape. */
import { takeSubtree } from './subtree.js';
import { elementsIn, nodeKinds, objectsNamed } from './layout.js';
import type { Finder } from './kinds.js';

const fewestRows = 1000;
/** The share of an array's elements that must have the same shape. */
const shareOfShape = 0.9;

export const rowsHeldWhole: Finder = {
  kind: 'rows-held-whole',
  title: 'Whole results held in memory',
  advice: 'read in batches, with a cursor or a stream, and keep only the needed parts of each row',
  find: (heap, claims, add) => {
    const { graph } = heap;
    const { classOf, list } = heap.classes;
    const isPlain = list.map(({ name }) => name === 'Object' || name.startsWith('{'));
    for (const node of objectsNamed(graph, 'Array')) {
      const rows = elementsIn(graph, node);
      if (rows.length < fewestRows) continue;
      const shape = classOf[rows[0]];
      const alike = rows.filter(
        (row) => classOf[row] === shape && graph.nodeType[row] === nodeKinds.object && !claims.has(row),
      );
      if (!isPlain[shape] || alike.length < shareOfShape * rows.length) continue;
      add(node, takeSubtree(heap, claims, node), rowsNote);
    }
  },
};
const rowsNote = 'it is not known how the rows are used: rows that are all needed at once are not waste';
