/** The public library: re-exports, no logic. */
export { MemwatchError, errorCodes, type ErrorCode } from './errors.js';
export { attach, withAttachment, type Attachment } from './agent/attach.js';
export { parseTarget, type Target } from './agent/target.js';
export { readHeapSnapshot } from './analyzer/formats/heapsnapshot.js';
export type { HeapGraph } from './analyzer/model/heap-graph.js';
export { captureAllocations, startAllocationSampling } from './agent/allocation-profile.js';
export { captureCpuProfiles, threadsOf } from './agent/cpu-profile.js';
export { computeCostTable } from './analyzer/cost/table.js';
export { readProfile } from './analyzer/formats/profile.js';
export type { CostTable, FunctionRow, LineRow } from './analyzer/model/cost.js';
export type { Profile } from './analyzer/model/profile.js';
