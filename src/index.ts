/**
 * The public library: re-exports, no logic. Sizes are in bytes, times in the unit that their name ends with (`durationMs`,
 * `pauseUs`), lines and columns count from 1. What memwatch cannot do is thrown as a MemwatchError with a code. The
 * assertions for test runners are in `@memwatch/memwatch/testing`.
 */

// errors, and what long work reports
export { MemwatchError, errorCodes, type ErrorCode } from './errors.js';
export type { ProgressOptions } from './progress.js';

// leaks: of a running process or of snapshots, and of a scenario
export { findLeaks, type FindLeaksOptions } from './leaks/find-leaks.js';
export type { Load } from './leaks/rounds.js';
export type {
  AllocationSite,
  ClassGain,
  Evidence,
  Finding,
  FindingContainer,
  FindingKind,
  GrowthSite,
  KeptFunction,
  LeakReport,
  NotLooked,
  Owner,
  StackFrame,
  ThreadVerdict,
  Verdict,
} from './analyzer/model/finding.js';
export type { Bound, Slope } from './analyzer/model/bounds.js';
export { checkScenario, type CheckScenarioOptions } from './leaks/scenario.js';
export type { Limits } from './leaks/limits.js';
export type {
  CheckFinding,
  CounterReading,
  FailureKind,
  LimitName,
  LimitResult,
  ScenarioFailure,
  ScenarioReport,
} from './analyzer/model/check.js';

// a target: attached to, and left as it was
export { attach, withAttachment, type Attachment } from './agent/attach/attach.js';
export type { LinkOptions as AttachOptions } from './agent/attach/link.js';
export type { Program, ProgramEnd } from './agent/attach/launch.js';
export { parseTarget, type Target } from './agent/attach/target.js';
export type { Commands, Events, Session } from './agent/session/protocol.js';
export type { Workers, WorkerThread } from './agent/session/workers.js';

// captures of an attached target
export {
  captureAllocations,
  startAllocationSampling,
  type AllocationCaptureOptions,
  type AllocationSampling,
} from './agent/capture/allocation-profile.js';
export {
  captureCpuProfiles,
  threadsOf,
  type CpuCapture,
  type CpuCaptureOptions,
  type Thread,
} from './agent/capture/cpu-profile.js';
export { estimateSnapshot, type EstimateOptions, type SnapshotEstimate } from './captures/estimate.js';
export { captureMemory } from './agent/capture/memory.js';
export { watchReadings, type ReadingsOptions } from './agent/capture/readings.js';
export {
  captureSnapshot,
  type CapturedSnapshot,
  type SnapshotOptions,
  type SnapshotProgress,
} from './agent/capture/snapshot.js';
export type { IsolateMemory, Mapping, MemoryLimit, MemoryPressure, MemoryReading } from './analyzer/model/memory.js';
export type { CpuReading, GcReading, HeapReading, LoopReading, Reading } from './analyzer/model/reading.js';

// what the commands print with --json
export type {
  AllocDocument,
  CpuDocument,
  DiffDocument,
  FunctionDocument,
  GrownObjectDocument,
  HeapDocument,
  LineDocument,
  LinesDocument,
  ObjectDocument,
} from './analyzer/model/documents.js';
export type {
  AuditDocument,
  AuditFinding,
  BisectDocument,
  CensusDocument,
  CostDiffDocument,
  DetachDocument,
  DumpAllDocument,
  ExportDocument,
  HeapObjectDocument,
  MarkDocument,
  PrintedDiff,
  PrintedDocument,
  PsDocument,
  RecordedDocument,
  ServeDocument,
  SnapshotDocument,
} from './analyzer/model/printed-documents.js';
export type { CensusClass, CensusContainer, CensusReading } from './analyzer/model/census.js';
export type { CheckReport } from './analyzer/model/check.js';
export type { ProcessDump } from './analyzer/model/dump.js';
export type { MemoryReport } from './analyzer/model/memory.js';
export type { NodeProcess } from './analyzer/model/node-process.js';
export type { RecordingSummary } from './analyzer/model/recording.js';
export type { TopBlock, TopDocument, TopThread } from './analyzer/model/top.js';
export type { WasteReport } from './analyzer/model/waste.js';
export type { WatchEvent } from './analyzer/model/watch-event.js';
export type { FullLimit, KeptSite, WhyDocument } from './analyzer/model/why.js';

// heap snapshots
export { readHeapSnapshot, type ReadOptions } from './analyzer/formats/heapsnapshot/heapsnapshot.js';
export { diffHeaps } from './analyzer/heap/diff.js';
export { Heap, type FindPlace } from './analyzer/heap/heap.js';
export type { ClassGrowth, HeapDiff, ObjectGrowth } from './analyzer/model/heap-diff.js';
export type {
  EdgeTypeName,
  HeapGraph,
  NodePositions,
  NodeTypeName,
  StringPages,
  StringTable,
} from './analyzer/model/heap-graph.js';
export type {
  Classes,
  Dominators,
  HeapClass,
  HeapObject,
  HeapResults,
  Paths,
  Retainers,
  RetainingEdges,
} from './analyzer/model/heap-results.js';
export type { Location } from './analyzer/model/location.js';
export type { PathStep } from './analyzer/model/path.js';

// profiles
export { computeCostTable } from './analyzer/cost/table.js';
export { readProfile } from './analyzer/formats/profile.js';
export type { CostTable, FunctionRow, LineRow } from './analyzer/model/cost.js';
export type {
  CallCounts,
  CaptureNotes,
  Frame,
  LineValues,
  MemoryNotes,
  Profile,
  ProfileUnit,
  Timeline,
  ValueColumn,
} from './analyzer/model/profile.js';
export type { Script, ScriptsTable } from './analyzer/model/scripts.js';
