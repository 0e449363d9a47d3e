/** How large the WebAssembly memories of a process are, as the kernel knows it. In: a pid. Out: bytes. Linux only. */
import { readText } from './proc-files.js';

/** V8 reserves at least this much behind each, to catch accesses out of bounds (see analyzer/memory/owners.ts). */
const gapBytes = 2 ** 30;

/** Of all threads together; 0 if there are none, or the system does not say. Takes about a millisecond per gigabyte of heap. */
export const readWebAssemblyBytes = (pid: number): number => sumOfMemories(readText(`/proc/${pid}/maps`));

/** In: the text of /proc/PID/maps, with lines such as `55d0-55d1 rw-p 00000000 fe:00 26 /path`. */
export const sumOfMemories = (maps: string): number => {
  let sum = 0;
  let [memoryStart, memoryEnd] = [0, 0];
  for (const [, from = '', to = '', permissions = ''] of maps.matchAll(
    /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ 0 *$/gm,
  )) {
    const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    const isGap = permissions === '---p' && end - start >= gapBytes;
    if (isGap && start === memoryEnd) sum += memoryEnd - memoryStart;
    [memoryStart, memoryEnd] = permissions.startsWith('rw') ? [start, end] : [0, 0];
  }
  return sum;
};
