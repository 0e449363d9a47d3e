/** The public library: re-exports, no logic. */
export { MemwatchError, errorCodes, type ErrorCode } from './errors.js';
export { attach, withAttachment, type Attachment } from './agent/attach.js';
export { parseTarget, type Target } from './agent/target.js';
export { readHeapSnapshot } from './analyzer/formats/heapsnapshot.js';
export type { HeapGraph } from './analyzer/model/heap-graph.js';
