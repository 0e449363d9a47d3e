/**
 * What the two threads of the agent inside agree on: the main thread of the program, where agent.cts runs, and the
 * agent's own thread, watch-worker.ts. Types and nothing else: loading anything costs the program start-up time.
 */
import type { Worker } from 'node:worker_threads';

/** What the main thread gives the agent's own thread at its start. */
export interface AgentStart {
  /** The folder that holds a folder for each process. */
  readonly keep: string;
  /** The folder for this user's sockets. */
  readonly runtime: string;
  readonly startedMs: number;
  readonly script: string;
  /** V8's limit for old objects, at which it gives up; undefined if the program sets none. */
  readonly oldObjectsLimitBytes: number | undefined;
  /** A turn of the event loop longer than this is blocked; 0: not watched. */
  readonly blockedMs: number;
  /** Whether a CPU profile of the last minute is kept. */
  readonly cpu: boolean;
  /** Whether a snapshot is taken near the limit, and on the signal. */
  readonly snapshot: boolean;
  /**
   * Four numbers: the last ping that the loop answered, its delay in microseconds, 1 when the end is written, and the
   * state of the agent's own thread.
   */
  readonly shared: Int32Array;
}

/** From the main thread to the agent's own. */
export type AgentMessage =
  | { readonly kind: 'evidence'; readonly why: string; readonly isAsked: boolean }
  | { readonly kind: 'note'; readonly text: string }
  /** `isWell`: its exit code is 0, and so it is not to wait long. */
  | { readonly kind: 'end'; readonly how: string; readonly isWell: boolean };

/** What the agent's own thread reads in the main thread, in this order. */
export type AgentFigures = readonly [
  heapUsedBytes: number,
  heapTotalBytes: number,
  externalBytes: number,
  arrayBuffersBytes: number,
  gcCount: number,
  gcUs: number,
  loopUtilization: number,
  handles: number,
  /** memwatch clients that are attached; they may sample the heap themselves. */
  clients: number,
  /** How often one of them has ended the agent's sampling. */
  stops: number,
];

/** What keeps the evidence: a thread of the agent's own, or code in this one. */
export interface Keeper {
  /** The agent's own thread, if it has one. */
  readonly worker?: Worker;
  send(message: AgentMessage): void;
  /** 0: it starts, 1: it works, 2: it has ended. */
  state(): number;
  /** Until the last evidence is written. */
  wait(): void;
}
