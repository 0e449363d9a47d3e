/** The page of a command's document. In: a document with a `schema`. Out: a Page. */
import type { AllocDocument, CpuDocument, HeapDocument } from '../../analyzer/model/documents.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import type { MemoryReport } from '../../analyzer/model/memory.js';
import type { WasteReport } from '../../analyzer/model/waste.js';
import { allocPage, cpuPage } from './cost.js';
import { heapPage, wastePage } from './heap.js';
import { leaksPage } from './leaks.js';
import { memoryPage } from './memory.js';
import type { Page } from './page.js';

export type PageDocument = AllocDocument | CpuDocument | HeapDocument | LeakReport | MemoryReport | WasteReport;

/** Files are shown relative to the folder. */
export const pageOf = (document: PageDocument, folder: string): Page => {
  switch (document.schema) {
    case 'memwatch/cpu@1':
      return cpuPage(document, folder);
    case 'memwatch/alloc@1':
      return allocPage(document, folder);
    case 'memwatch/heap@1':
      return heapPage(document);
    case 'memwatch/leaks@1':
      return leaksPage(document);
    case 'memwatch/memory@1':
      return memoryPage(document);
    case 'memwatch/waste@1':
      return wastePage(document);
  }
};
