/**
 * Files that memwatch recognises but does not read as profiles: heap snapshots and its own results, which other commands
 * open, and what profilers of other languages and engines write. In: a file. Out: an error that says what the file is.
 */
import { MemwatchError } from '../../errors.js';
import { objectOf, type FileContent, type ProfileFormat } from './file-content.js';
import { fieldsOf } from './shape.js';
import { walkFields } from './protobuf.js';
import { eventsOf } from './trace.js';

interface Foreign {
  readonly name: string;
  readonly command?: string;
  readonly hint?: string;
  matches(content: FileContent): boolean;
}

const hasKeys = (content: FileContent, ...keys: readonly string[]): boolean => {
  const document = objectOf(content);
  return keys.every((key) => key in document);
};
const begins = ({ text }: FileContent, pattern: RegExp): boolean =>
  text !== undefined && pattern.test(text.slice(0, 4096));
/** Other traces may have stack frames, too; those of Hermes say where a function begins, or where its bytecode is. */
const isHermesFrame = (frame: unknown): boolean => 'funcVirtAddr' in fieldsOf(frame) || 'funcLine' in fieldsOf(frame);
const schemaOf = (content: FileContent): string => String(objectOf(content)['schema'] ?? '');

const files: readonly Foreign[] = [
  { name: 'a heap snapshot', command: 'heap', matches: (content) => begins(content, /^\s*\{\s*"snapshot"\s*:/) },
  {
    name: 'a scripts table, which belongs to the capture beside it',
    matches: (content) => schemaOf(content) === 'memwatch/scripts@1',
  },
  {
    name: 'a baseline of known leaks',
    hint: 'memwatch check SCENARIO --baseline FILE uses it',
    matches: (content) => schemaOf(content).startsWith('memwatch/baseline@'),
  },
  {
    name: 'a result that memwatch printed as --json',
    command: 'view',
    matches: (content) => /^memwatch\/(leaks|heap|diff|cpu|alloc|lines)@/.test(schemaOf(content)),
  },
  {
    name: 'a result that memwatch printed as --json, of a kind that has no screen',
    hint: 'it is meant for programs such as jq',
    matches: (content) => schemaOf(content).startsWith('memwatch/'),
  },
  {
    name: 'a lockfile',
    command: 'audit',
    matches: (content) =>
      hasKeys(content, 'lockfileVersion') || begins(content, /^# yarn lockfile v1|^__metadata:|^lockfileVersion:/m),
  },
  {
    name: 'a trace of Hermes (React Native)',
    hint: 'react-native profile-hermes converts it for Chrome; memwatch reads profiles of V8',
    matches: (content) =>
      Object.values(fieldsOf(objectOf(content)['stackFrames'])).some(isHermesFrame) ||
      eventsOf(content)?.some(
        ({ args }) => typeof args === 'object' && args !== null && 'allocatedCategory' in args,
      ) === true,
  },
  {
    name: 'a trace of events without a CPU profile (Trace Event Format)',
    hint: 'record it with the category disabled-by-default-v8.cpu_profiler, as DevTools does',
    matches: (content) => (eventsOf(content)?.length ?? 0) > 0,
  },
  {
    name: 'a model that VS Code made of a CPU profile',
    hint: 'give memwatch the .cpuprofile itself',
    matches: (content) => hasKeys(content, 'nodes', 'locations', 'samples'),
  },
  {
    name: 'a recording of Safari (JavaScriptCore)',
    matches: (content) => hasKeys(content, 'recording'),
  },
  {
    name: 'a heap snapshot of JavaScriptCore (Safari, Bun)',
    hint: 'memwatch reads heap snapshots of V8; in Bun, Bun.generateHeapSnapshot("v8") makes one',
    matches: (content) => hasKeys(content, 'nodeClassNames', 'edgeTypes'),
  },
  {
    name: 'a profile of Firefox',
    matches: (content) =>
      hasKeys(content, 'profile', 'markers') || (hasKeys(content, 'threads', 'meta') && !hasKeys(content, 'nodes')),
  },
  { name: 'a profile of stackprof (Ruby)', matches: (content) => hasKeys(content, 'mode', 'frames', 'samples') },
  {
    name: 'data of Clinic.js Bubbleprof',
    matches: (content) => hasKeys(content, 'data') && begins(content, /^\s*\{\s*"data"\s*:\s*\[\s*\{\s*"clusterId"/),
  },
  { name: 'a profile of GHC (Haskell)', matches: (content) => hasKeys(content, 'rts_arguments') },
  {
    name: 'a log of node --prof',
    hint: 'node --prof-process --preprocess -j FILE > app.v8log.json makes what memwatch reads',
    matches: (content) => begins(content, /^v8-version,/),
  },
  {
    name: 'a profile of callgrind',
    matches: (content) => begins(content, /^# callgrind format|^(?=[\s\S]*^events:)(?=[\s\S]*^fn=)/m),
  },
  {
    name: 'stacks of DTrace',
    hint: 'stackcollapse.pl of FlameGraph makes collapsed stacks, which memwatch reads',
    matches: (content) => begins(content, /^\s+[\w.]+`\S.*\+0x[\da-f]+$/m),
  },
  {
    name: 'a report of pprof',
    hint: 'give memwatch the profile itself',
    matches: (content) =>
      begins(
        content,
        /^(?:File|Type|Build ID): [^\n]*\n[\s\S]*?^Showing nodes accounting for |^Showing nodes accounting for /m,
      ),
  },
  { name: 'a copy of a call tree of Instruments', matches: (content) => begins(content, /^[\w \t()]*\tSymbol Name/) },
  { name: 'a log of Papyrus', matches: (content) => begins(content, /^(Stack_|Script_|Obj_)\S+ log opened/) },
  { name: 'a call graph of pmcstat', matches: (content) => begins(content, /^@ \S+ \[\d+ samples\]/) },
  {
    name: 'a profile in a legacy format of gperftools or Go',
    hint: 'pprof -proto FILE > app.pb.gz makes what memwatch reads',
    matches: (content) =>
      begins(
        content,
        /^(heap profile:|--- (contention|mutex|threadz|Thread|heapz|growthz|contentionz)|\w+ profile: total )/,
      ) || isLegacyCpu(content.bytes),
  },
  {
    name: 'a diagnostic report of Node (--report-on-signal)',
    hint: 'it is JSON to be read as it is',
    matches: (content) => hasKeys(content, 'header', 'javascriptStack', 'libuv'),
  },
  {
    name: 'coverage of V8 (NODE_V8_COVERAGE)',
    hint: 'it counts calls and holds no times; c8 reports it',
    matches: (content) => hasKeys(content, 'result') && begins(content, /^\s*\{\s*"result"\s*:\s*\[\s*\{\s*"scriptId"/),
  },
  {
    name: 'a trace of Perfetto (protobuf)',
    hint: 'traceconv of Perfetto makes JSON; memwatch reads that if it holds CPU profiles of V8',
    matches: ({ bytes, text }) => text === undefined && isPerfetto(bytes),
  },
  { name: 'a recording of Java Flight Recorder', matches: ({ bytes }) => magicOf(bytes, 3) === 'FLR' },
  { name: 'a zip archive', hint: 'unpack it first', matches: ({ bytes }) => magicOf(bytes, 4) === 'PK\u0003\u0004' },
  {
    name: 'data of perf record',
    hint: 'perf script > app.perf.txt makes what memwatch reads',
    matches: ({ bytes }) => magicOf(bytes, 8) === 'PERFILE2',
  },
];

const magicOf = (bytes: Uint8Array, length: number): string =>
  Buffer.from(bytes.subarray(0, length)).toString('latin1');

/** Every field of it is a packet, number 1. A pprof profile has few fields 1, its kinds of values, and then others. */
const isPerfetto = (bytes: Uint8Array): boolean => {
  const packets = walkFields(bytes, 32, (field, wire) => field === 1 && wire === 2);
  return packets.fields === 32 || (packets.fields > 0 && packets.brokenAt === undefined);
};

/** gperftools' CPU profile: machine words 0, 3, 0 (Java: 1), period, 0. */
const isLegacyCpu = (bytes: Uint8Array): boolean => {
  const words = new DataView(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 24));
  const at = (word: number, size: 4 | 8, little: boolean): number =>
    size === 4 ? words.getUint32(word * 4, little) : Number(words.getBigUint64(word * 8, little));
  if (words.byteLength < 24) return false;
  return [true, false].some((little) =>
    ([4, 8] as const).some(
      (size) => at(0, size, little) === 0 && at(1, size, little) === 3 && at(2, size, little) <= 1,
    ),
  );
};

const foreign = ({ name, command, hint, matches }: Foreign): ProfileFormat => ({
  name,
  ...(command === undefined ? {} : { command }),
  ...(hint === undefined ? {} : { hint }),
  matches,
  read: () => {
    throw new MemwatchError('not-this-format', `the file is ${name}, which is not a profile that memwatch can read`, {
      hint: command === undefined ? (hint ?? 'no memwatch command opens it') : `memwatch ${command} opens it`,
    });
  },
});

export const foreignFormats: readonly ProfileFormat[] = files.map(foreign);

/** Tried first, because its lines are JSON, but not the whole. */
export const recordingFormat = foreign({
  name: 'a recording of memwatch record',
  command: 'plot',
  matches: (content) => begins(content, /^\s*\{\s*"schema"\s*:\s*"memwatch\/record@/),
});
