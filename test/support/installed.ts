/** Whether a program that some tests drive is on this machine; where it is missing, they say that they were skipped. */
import { spawnSync } from 'node:child_process';

export const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
