// memwatch's own code, which must not leak: reads a small snapshot, with all passes over it, and shows what holds memory.
import { drawHeap } from '../../.test/support/graph.js';
import { readHeapSnapshot } from '../../dist/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '../../dist/analyzer/heap/heap.js';
import { summarizeHeap } from '../../dist/analyzer/heap/summary.js';
import { renderHeap } from '../../dist/report/heap-text.js';

const sessions = Array.from({ length: 40 }, (_, i) => `table -#${i}-> Session s${i} ${64 + i}`).join('\n');
const { bytes } = drawHeap(`root -shortcut:1-> global g
  g -sessions-> Map cache 32
  cache -internal:table-> table:array 1000
  ${sessions}`);

export const iterate = async () => {
  const heap = new Heap(
    await readHeapSnapshot(
      (async function* () {
        yield bytes;
      })(),
    ),
  );
  const summary = summarizeHeap(heap, { limit: 10, classLimit: 10, sort: 'retained' });
  heap.object(2);
  return summary === undefined ? '' : renderHeap(summary, { file: 'one', width: 80 });
};
