/** Every command, in the order in which help lists them. */
import { detachCommand } from './detach.js';
import type { Command } from './io.js';
import { snapshotCommand } from './snapshot.js';

export const commands: readonly Command[] = [detachCommand, snapshotCommand];
