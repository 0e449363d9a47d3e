/**
 * Who owns each piece of a process's address space. In: its mappings, in the order of their addresses. Out: the owner of
 * each. The kernel names files and `[heap]`; the owner of anonymous memory is recognised by its layout:
 *
 *   glibc's arena of a thread   begins at a multiple of 64 MB, and is filled up to 64 MB by reserved memory
 *   V8's pages                  begin at a multiple of 256 KB, at random addresses below 2^46; the kernel itself chooses
 *                               addresses near the libraries, which are higher
 *   WebAssembly memory          is followed by a reserved gap of gigabytes, which catches accesses out of bounds
 *   a thread's stack            4 to 10 MB, behind a guard page that may not be touched
 *   what is left                blocks that malloc maps separately because they are large, mostly Buffers; all memory of an
 *                               allocator other than glibc's; what native code maps itself
 */
import type { Mapping, MemoryOwner } from '../model/memory.js';

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;
/** HEAP_MAX_SIZE of glibc on 64-bit machines. */
const arenaBytes = 64 * megabyte;
/** V8's page, and the alignment of its large objects. */
const v8PageBytes = 256 * kilobyte;
/** V8 asks for random addresses of 46 bits. */
const v8Addresses = 2 ** 46;
/** mimalloc takes memory in segments of this size, at addresses of its own choice. */
const mimallocBytes = 32 * megabyte;
/** V8 reserves at least this much behind a WebAssembly memory. */
const wasmGapBytes = 1024 * megabyte;
/** Node's workers have 4 MB, threads of libuv and V8 8 MB by default; glibc's usual limit is 8 MB, sometimes 10. */
const stackBytes = { least: 512 * kilobyte, most: 10 * megabyte };

/** The owner of each mapping, in the same order. */
export const computeOwners = (mappings: readonly Mapping[]): MemoryOwner[] =>
  mappings.map((mapping, at) =>
    mapping.path === '' || mapping.path.startsWith('[anon')
      ? ownerOfAnonymous(mapping, mappings[at - 1], mappings[at + 1])
      : ownerOfNamed(mapping),
  );

/** Not of the kernel: pieces that V8 counts, where the system lists no mappings. */
const ownersOfAssumed: Readonly<Record<string, MemoryOwner>> = {
  '[V8 heap]': 'V8 heap',
  '[external]': 'malloc: large blocks',
  '[not listed]': 'other',
};

const ownerOfNamed = ({ path, permissions }: Mapping): MemoryOwner => {
  if (path === '[heap]') return 'malloc: main heap';
  const assumed = ownersOfAssumed[path];
  if (assumed !== undefined) return assumed;
  if (path.startsWith('[stack')) return 'thread stacks';
  if (path.startsWith('[')) return 'executable and libraries'; // [vdso], [vvar]
  if (path.startsWith('anon_inode:')) return 'shared memory'; // shared with the kernel
  if (/^\/(?:dev\/shm|SYSV|memfd:|dev\/zero)/.test(path) || permissions.endsWith('s')) {
    return /\.(?:so|node)\b/.test(path) ? 'executable and libraries' : sharedOwner(path);
  }
  return isCodeFile(path) ? 'executable and libraries' : 'mapped files';
};

const sharedOwner = (path: string): MemoryOwner =>
  /^\/(?:dev\/shm|SYSV|memfd:|dev\/zero)/.test(path) ? 'shared memory' : 'mapped files';

/** A program, a library or an addon, even if its file was replaced. */
const isCodeFile = (path: string): boolean =>
  /(?:\.so(?:\.[\d.]+)?|\.node|\/node(?:js)?[\d.]*|\/bin\/[^/]+)(?: \(deleted\))?$/.test(path);

const ownerOfAnonymous = (mapping: Mapping, before: Mapping | undefined, after: Mapping | undefined): MemoryOwner => {
  const { start, end, permissions } = mapping;
  const size = end - start;
  const gapAfter = after !== undefined && after.start === end && isReserved(after) ? after.end - after.start : 0;
  const guardBefore = before !== undefined && before.end === start && isReserved(before);
  if (before !== undefined && before.end === start && isDataOf(before)) return 'executable and libraries'; // .bss
  if (isReserved(mapping)) return 'other';
  if (start % arenaBytes === 0 && (size + gapAfter === arenaBytes || size === arenaBytes)) return 'malloc: arenas';
  if (gapAfter >= wasmGapBytes && !permissions.includes('x')) return 'WebAssembly memory';
  if (permissions.includes('x')) return 'V8 code';
  if (guardBefore && size >= stackBytes.least && size <= stackBytes.most && size % megabyte === 0)
    return 'thread stacks';
  if (start % mimallocBytes === 0 && size % mimallocBytes === 0) return 'malloc: large blocks';
  if (start % v8PageBytes === 0 && start < v8Addresses) return 'V8 heap';
  return 'malloc: large blocks';
};

const isReserved = ({ permissions }: Mapping): boolean => permissions.startsWith('---');

/** The writable data of a program or library; its zeroed part follows as anonymous memory. */
const isDataOf = ({ path, permissions }: Mapping): boolean => permissions.startsWith('rw') && isCodeFile(path);
