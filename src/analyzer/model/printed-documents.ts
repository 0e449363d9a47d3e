/**
 * The documents that commands print with --json and that memwatch does not read again, and the union of all that are
 * printed (documents.ts has those that are read, or says where they are). Units are in the names; times of day are
 * milliseconds since 1970 or ISO 8601. A document may have more fields than its type says.
 */
import type { CensusReading } from './census.js';
import type { CheckReport } from './check.js';
import type { CostDiff } from './cost.js';
import type { AllocDocument, CpuDocument, DiffDocument, HeapDocument, LinesDocument } from './documents.js';
import type { ProcessDump } from './dump.js';
import type { LeakReport } from './finding.js';
import type { HeapDiff } from './heap-diff.js';
import type { HeapObjectDetail } from './heap-results.js';
import type { MemoryReport } from './memory.js';
import type { Candidate, NodeProcess } from './node-process.js';
import type { RecordingSummary } from './recording.js';
import type { WasteReport } from './waste.js';
import type { WatchEvent } from './watch-event.js';
import type { WhyDocument } from './why.js';

/** A leak of a release of a package that is known and installed. */
export interface AuditFinding {
  readonly package: string;
  readonly version: string;
  /** `release`: the release leaks; `use`: it leaks if it is used in a certain way. */
  readonly kind: 'release' | 'use';
  readonly grows: string;
  readonly issue: string;
  /** The release to update to. null: no release is without the leak, so an update does not help, and `advice` is set. */
  readonly firstGood: string | null;
  /** How to use the package without the leak. */
  readonly advice: string | null;
}

export interface AuditDocument {
  readonly schema: 'memwatch/audit@1';
  /** The lockfile. */
  readonly file: string;
  /** How many packages it names. */
  readonly packages: number;
  /** How many leaks memwatch knows. */
  readonly known: number;
  readonly findings: readonly AuditFinding[];
}

export interface BisectDocument {
  readonly schema: 'memwatch/bisect@1';
  readonly package: string;
  readonly scenario: string;
  readonly lastGood: string;
  readonly firstBad: string;
  /** Versions between the two that could not be judged. */
  readonly untested: readonly string[];
  readonly tested: readonly {
    readonly version: string;
    readonly judgement: 'good' | 'bad' | 'unknown';
    readonly reason: string;
  }[];
}

export interface CensusDocument extends CensusReading {
  readonly schema: 'memwatch/census@1';
}

export interface CostDiffDocument extends CostDiff {
  readonly schema: 'memwatch/cost-diff@1';
  readonly files: readonly string[];
}

export interface DetachDocument {
  readonly schema: 'memwatch/detach@1';
  /** An inspector was closed. */
  readonly closed: boolean;
  /** An inspector was asked for and is not open yet. */
  readonly mayOpenLater: boolean;
}

/** `dump --all`; `dump` of one process prints a ProcessDump. */
export interface DumpAllDocument {
  readonly schema: 'memwatch/dump@1';
  readonly processes: readonly (ProcessDump | { readonly error: string })[];
}

/** `diff` of snapshots; a saved one is read without the two fields. */
export interface PrintedDiff extends DiffDocument, Pick<HeapDiff, 'sameProcess' | 'matchedBy'> {}

export interface ExportDocument {
  readonly schema: 'memwatch/export@1';
  readonly file: string;
  readonly format: string;
  readonly bytes: number;
}

export interface MarkDocument {
  readonly schema: 'memwatch/mark@1';
  readonly timeMs: number;
  readonly text: string;
  /** The recordings that have the mark. */
  readonly files: readonly string[];
}

export interface PsDocument {
  readonly schema: 'memwatch/ps@1';
  readonly processes: readonly NodeProcess[];
}

export type QueryValue =
  | null
  | boolean
  | number
  | string
  | readonly QueryValue[]
  | { readonly [key: string]: QueryValue };

export interface QueryColumn {
  readonly name: string;
  /** As DuckDB names it: `BIGINT`, `VARCHAR`. */
  readonly type: string;
}

/** What SQL over heap snapshots returned. Numbers above 2^53 and dates are texts. */
export interface QueryDocument {
  readonly schema: 'memwatch/query@1';
  readonly columns: readonly QueryColumn[];
  /** The values of each row in the order of the columns. */
  readonly rows: readonly (readonly QueryValue[])[];
}

export interface RecordedDocument {
  readonly schema: 'memwatch/recorded@1';
  readonly file: string;
}

/** Printed when the server listens. */
export interface ServeDocument {
  readonly schema: 'memwatch/serve@1';
  /** An http URL, or the path of a socket. */
  readonly address: string;
}

export interface SnapshotDocument {
  readonly schema: 'memwatch/snapshot@1';
  readonly file: string;
  readonly nodes: number;
  readonly edges: number;
  /** The size of the file on disk. */
  readonly bytes: number;
  /** How long the target's thread stood still, measured there. */
  readonly pauseUs: number;
}

/** `heap --id`: one object, with what it holds and what holds it. */
export interface HeapObjectDocument
  extends HeapDocument, Pick<HeapObjectDetail, 'retainers' | 'retainerCount' | 'contents' | 'contentCount'> {}

/** `ps --watch`, once per interval. */
export interface PsWatchDocument {
  readonly schema: 'memwatch/ps-watch@1';
  readonly timeMs: number;
  readonly groups: readonly ProcessGroup[];
}

/** 1 is one core, over the interval. */
export type WatchedProcess = Candidate & { readonly cpuShare: number };

/** Processes of the same script, folder and container. */
export interface ProcessGroup {
  readonly script: string;
  /** Sums. */
  readonly rssBytes: number;
  readonly cpuShare: number;
  readonly processes: readonly WatchedProcess[];
  /** Of three or more: the one that is far from the others, with the median of all. */
  readonly differences: readonly {
    readonly pid: number;
    readonly of: 'RSS' | 'CPU';
    readonly value: number;
    readonly usual: number;
  }[];
}

/** Whatever a command prints with --json as one document. */
export type PrintedDocument =
  | AllocDocument
  | AuditDocument
  | BisectDocument
  | CensusDocument
  | CheckReport
  | CostDiffDocument
  | CpuDocument
  | DetachDocument
  | DumpAllDocument
  | ExportDocument
  | HeapDocument
  | HeapObjectDocument
  | LeakReport
  | LinesDocument
  | MarkDocument
  | MemoryReport
  | PrintedDiff
  | QueryDocument
  | ProcessDump
  | PsDocument
  | PsWatchDocument
  | RecordedDocument
  | RecordingSummary
  | ServeDocument
  | SnapshotDocument
  | WasteReport
  | WatchEvent
  | WhyDocument;
