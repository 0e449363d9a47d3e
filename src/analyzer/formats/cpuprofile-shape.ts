/** What a .cpuprofile must hold: its fields are checked before anything is made of them. */
import type { CaptureNotes } from '../model/profile.js';
import { list, number, object, optional, orNothing, record } from './shape.js';
import { callFrame, type CallFrame } from './v8-profile.js';

export interface CpuProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly hitCount?: number;
  readonly children?: readonly number[];
  readonly parent?: number;
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
}

export interface CpuProfileFile {
  readonly nodes: readonly CpuProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
  readonly memwatch?: CaptureNotes;
}

export const cpuProfileNode = record<CpuProfileNode>({
  id: number,
  callFrame,
  hitCount: orNothing(optional(number)),
  children: optional(list(number)),
  parent: optional(number),
  positionTicks: optional(list(record({ line: number, ticks: number }))),
});

export const cpuProfileFile = record<CpuProfileFile>({
  nodes: list(cpuProfileNode),
  startTime: number,
  endTime: number,
  samples: optional(list(number)),
  timeDeltas: optional(list(number)),
  memwatch: optional(object<CaptureNotes>),
});
