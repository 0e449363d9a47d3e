/** Every command, in the order in which help lists them. */
import { allocCommand } from './alloc.js';
import { attachCommand } from './attach.js';
import { cpuCommand } from './cpu.js';
import { censusCommand } from './census.js';
import { checkCommand } from './check.js';
import { detachCommand } from './detach.js';
import { diffCommand } from './diff.js';
import { exportCommand } from './export.js';
import { heapCommand } from './heap.js';
import type { Command } from './io.js';
import { leaksCommand } from './leaks.js';
import { linesCommand } from './lines.js';
import { psCommand } from './ps.js';
import { snapshotCommand } from './snapshot.js';
import { viewCommand } from './view.js';

export const commands: readonly Command[] = [
  psCommand,
  attachCommand,
  detachCommand,
  leaksCommand,
  censusCommand,
  snapshotCommand,
  heapCommand,
  diffCommand,
  cpuCommand,
  allocCommand,
  linesCommand,
  checkCommand,
  viewCommand,
  exportCommand,
];
