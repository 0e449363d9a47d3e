/** The thread that looks for waste in the heap that it was started with: sends its report back, and ends. */
import { workerData } from 'node:worker_threads';
import { Heap } from '../../../analyzer/heap/heap.js';
import type { HeapResults } from '../../../analyzer/model/heap-results.js';
import { receiveGraph, type SentGraph } from '../../../analyzer/model/string-table.js';
import { findWaste } from '../../../analyzer/waste/find-waste.js';
import { readSource } from '../../../leaks/script-text.js';
import { answerFromThread } from '../../../thread.js';

const { sent, results } = workerData as { sent: SentGraph; results: HeapResults };

await answerFromThread(async () => findWaste(new Heap(receiveGraph(sent)).adopt(results), readSource));
