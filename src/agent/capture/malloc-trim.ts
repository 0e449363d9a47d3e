/**
 * Asks glibc in the target to give its free memory back (malloc_trim), which shows how much of malloc's memory was free. In:
 * a session, and whose malloc the target uses. Out: how long it took.
 *
 * The target loads a library without any code: its only initialiser is the address of malloc_trim. Node finds no addon in
 * it and unloads it at once. Its file is deleted before the function returns.
 */
import { MemwatchError } from '../../errors.js';
import type { Session } from '../session/protocol.js';
import { evaluate } from '../session/evaluate.js';

/** malloc_trim looks at every free block: up to a second per gigabyte of them. */
const patienceMs = 60_000;

/** Stops the main thread meanwhile, and threads that allocate. Returns microseconds. Throws `not-attachable` if the target cannot do it. */
export const trimMalloc = async (session: Session, allocator: string): Promise<number> => {
  if (allocator !== 'glibc') throw cannotTrim(`only glibc has it, and the target's malloc is ${allocator}`);
  const library = libraryOf('malloc_trim').toString('base64');
  const result = await evaluate(session, trimInTarget, [library], { timeoutMs: patienceMs, mayNeedRequire: true });
  if (typeof result === 'number') return Math.round(result);
  throw cannotTrim(result);
};

const cannotTrim = (why: string): MemwatchError =>
  new MemwatchError('not-attachable', `cannot try malloc_trim in the target: ${why}`, {
    hint: 'leave out --try-trim: everything else is read from outside',
  });

/** Runs in the target. Returns microseconds, or why it could not. */
const trimInTarget = (library: string): number | string => {
  const builtin: NodeJS.Process['getBuiltinModule'] = process.getBuiltinModule ?? require;
  const [fs, os, path] = [builtin('node:fs'), builtin('node:os'), builtin('node:path')];
  if (process.arch !== 'x64') return `it runs on ${process.arch}, and memwatch does this on x64 only`;
  let folder: string | undefined;
  try {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-'));
    const file = path.join(folder, 'trim.node');
    fs.writeFileSync(file, Buffer.from(library, 'base64'), { mode: 0o600 });
    const begun = performance.now();
    try {
      process.dlopen({ exports: {} }, file);
    } catch (error) {
      // it was loaded, and is no addon
      if (!String(error).includes('did not self-register')) return String(error);
    }
    return (performance.now() - begun) * 1000;
  } catch (error) {
    return String(error);
  } finally {
    if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
  }
};

/** Little-endian: a whole number, and how many bytes it takes. */
type Field = readonly [value: number | bigint, bytes: 1 | 2 | 4 | 8];

const packed = (...fields: readonly Field[]): Buffer =>
  Buffer.concat(
    fields.map(([value, bytes]) => {
      const all = Buffer.alloc(8);
      all.writeBigUInt64LE(BigInt(value));
      return all.subarray(0, bytes);
    }),
  );

const words = (...values: readonly (number | bigint)[]): Buffer => packed(...values.map((value): Field => [value, 8]));

const sizes = { header: 64, segment: 56, entry: 16, symbol: 24, relocation: 24 };
const kindsOfSegment = { load: 1, dynamic: 2, stack: 0x6474e551 };
const [sharedObject, machineX64, readWrite] = [3, 62, 6];
const globalFunction = 0x12;
/** R_X86_64_64: the address of a symbol. */
const absoluteAddress = 1n;

/** A shared library (ELF, 64 bits) whose one initialiser is this function of libc. */
const libraryOf = (name: string): Buffer => {
  const names = Buffer.from(`\0${name}\0`);
  const dynamicAt = sizes.header + 3 * sizes.segment;
  const symbolsAt = dynamicAt + 10 * sizes.entry;
  const relocationAt = symbolsAt + 2 * sizes.symbol;
  const initialiserAt = relocationAt + sizes.relocation;
  const namesAt = initialiserAt + 8;
  const totalBytes = namesAt + names.length;
  return Buffer.concat([
    headerOfLibrary,
    segmentOf('load', 0, totalBytes, 4096),
    segmentOf('dynamic', dynamicAt, symbolsAt - dynamicAt, 8),
    segmentOf('stack', 0, 0, 16), // without it, glibc would make the stacks executable
    words(5, namesAt, 10, names.length), // DT_STRTAB, DT_STRSZ
    words(6, symbolsAt, 11, sizes.symbol), // DT_SYMTAB, DT_SYMENT
    words(7, relocationAt, 8, sizes.relocation, 9, sizes.relocation), // DT_RELA, DT_RELASZ, DT_RELAENT
    words(25, initialiserAt, 27, 8, 0, 0), // DT_INIT_ARRAY, DT_INIT_ARRAYSZ, DT_NULL
    words(0, 0, 0), // the first symbol stands for none
    packed([1, 4], [globalFunction, 1], [0, 1], [0, 2], [0, 8], [0, 8]), // the second is defined elsewhere
    words(initialiserAt, (1n << 32n) | absoluteAddress, 0), // the address of the second symbol goes there
    words(0), // the initialiser
    names,
  ]);
};

const headerOfLibrary = Buffer.concat([
  Buffer.from('\x7fELF\x02\x01\x01'.padEnd(16, '\0'), 'latin1'),
  packed([sharedObject, 2], [machineX64, 2], [1, 4], [0, 8], [sizes.header, 8], [0, 8], [0, 4]),
  packed([sizes.header, 2], [sizes.segment, 2], [3, 2], [0, 2], [0, 2], [0, 2]),
]);

const segmentOf = (kind: keyof typeof kindsOfSegment, at: number, bytes: number, alignment: number): Buffer =>
  Buffer.concat([packed([kindsOfSegment[kind], 4], [readWrite, 4]), words(at, at, at, bytes, bytes, alignment)]);
