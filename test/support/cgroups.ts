/** Memory cgroups that a test makes for its own processes, of whichever version the machine has. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';

const versions = [
  { mount: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes' },
  { mount: '/sys/fs/cgroup', limit: 'memory.max', usage: 'memory.current' },
] as const;
let made = 0;

export interface TestCgroup {
  setLimit(bytes: number): void;
  /** Sets the limit so that the processes in it have this much room above what they use now. */
  leaveRoom(bytes: number): void;
}

/** Moves a process into a new memory cgroup; undefined if this user or kernel does not allow it. */
export const makeCgroup = (
  t: TestContext,
  pid: number,
  name = `memwatch-test-${process.pid}-${++made}`,
): TestCgroup | undefined => {
  for (const { mount, limit, usage } of versions) {
    const folder = `${mount}/${name}`;
    try {
      mkdirSync(folder);
      t.after(() => rmdirSync(folder)); // runs after the target has ended, which was registered later
      writeFileSync(`${folder}/${limit}`, String(2 ** 40));
      writeFileSync(`${folder}/cgroup.procs`, String(pid));
    } catch {
      continue; // the other version, or none
    }
    const setLimit = (bytes: number): void => writeFileSync(`${folder}/${limit}`, String(bytes));
    const usedBytes = (): number => Number(readFileSync(`${folder}/${usage}`, 'utf8'));
    return { setLimit, leaveRoom: (bytes) => setLimit(usedBytes() + bytes) };
  }
  return undefined;
};
