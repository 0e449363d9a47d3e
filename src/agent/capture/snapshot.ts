/**
 * Takes a heap snapshot. In: an attachment and a file name. Out: V8's own .heapsnapshot on disk, plain or gzip, with the
 * scripts table beside it. The file appears under its name only when it is complete.
 */
import type { SnapshotDocument } from '../../analyzer/model/printed-documents.js';
import { randomUUID } from 'node:crypto';
import { MemwatchError, throwIfInterrupted } from '../../errors.js';
import type { Attachment } from '../attach/attach.js';
import { createCaptureFile, type CaptureFile } from './capture-file.js';
import { evaluate } from '../session/evaluate.js';
import { turnsLoop } from './collect-garbage.js';
import { watchPause, type Pause } from '../attach/pause.js';
import type { Session } from '../session/protocol.js';
import { createRedactor, type Redaction } from './redact.js';
import { checkScripts, collectScripts, writeScripts } from './scripts.js';

export interface SnapshotOptions {
  gzip?: boolean | undefined;
  /** Replaces an existing file; otherwise an existing file is kept and `cannot-write` is thrown. */
  overwrite?: boolean | undefined;
  /** Replaces the contents of strings before they reach the disk (see redact.ts). */
  redact?: Redaction | undefined;
  /** V8 cannot stop a snapshot: after an abort the target still builds it, but memwatch no longer waits. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: SnapshotProgress) => void) | undefined;
  /** Called with the time for which the target stood still. */
  onPause?: ((pause: Pause) => void) | undefined;
}

export type SnapshotProgress =
  /** `building`: V8 has visited `done` of `total` objects, by its own counts. */
  { phase: 'building'; done: number; total: number } | { phase: 'writing'; bytes: number };

export type CapturedSnapshot = Omit<SnapshotDocument, 'schema'>;

/** Throws disconnected if the target ends meanwhile, no-room and cannot-write if the disk cannot take it. */
export const captureSnapshot = async (
  attachment: Attachment,
  file: string,
  options: SnapshotOptions = {},
): Promise<CapturedSnapshot> => {
  throwIfInterrupted(options.signal);
  const { session } = attachment;
  // For the line of every function, V8 11.3 (Node 20) scans its script from the start, unless something has made it remember
  // the line ends; enabling the debugger does. Without this, a bundled server stands still up to 40 times longer.
  const scripts = await collectScripts(session, attachment);
  const output = createCaptureFile(file, options.gzip === true, { overwrite: options.overwrite });
  try {
    if (output.isFile) checkScripts(file, options.overwrite);
    const text = snapshotText(writerTo(output, options.redact), options.onProgress);
    const take = (await runsPostedTasks(attachment)) ? takeByProtocol : takeByInterrupt;
    const pause = await watchPause(attachment, () => streamSnapshot(session, take, text, options.signal));
    options.onPause?.(pause);
    const counts = text.finish();
    const table = { ...(await scripts.finish()), process: await processName(attachment) };
    if (output.isFile) writeScripts(file, table, options.overwrite);
    output.commit();
    return { file, ...counts, bytes: output.bytes, pauseUs: 1000 * (pause.seen.endMs - pause.seen.startMs) };
  } catch (error) {
    void scripts.stop(); // not waited for: an interrupted target answers when its snapshot is built
    throw session.closed.aborted ? endedDuring(attachment, output.bytes, error) : error;
  } finally {
    output.discard();
  }
};

/** A name for this thread of this process, unique among all: its pid may be reused while both captures exist. */
const processName = async ({ main, worker }: Attachment): Promise<string> => {
  const process = await evaluate<string>(main, '`${process.pid} ${performance.timeOrigin}`');
  return `${process} ${worker?.id ?? 0}`;
};

const endedDuring = ({ pid }: Attachment, bytes: number, cause: unknown): unknown => {
  if (cause instanceof MemwatchError && cause.code !== 'disconnected') return cause;
  const who = pid === undefined ? 'the target' : `process ${pid}`;
  return new MemwatchError(
    'disconnected',
    `${who} ended or cut the connection while its heap was captured (${bytes} bytes had arrived)`,
    {
      hint: 'nothing was kept',
      cause,
    },
  );
};

interface SnapshotWriter {
  write(text: string): void;
  finish(): void;
}

const writerTo = ({ write }: CaptureFile, redact: Redaction | undefined): SnapshotWriter => {
  if (redact === undefined) return { write, finish: () => {} };
  const { push, finish } = createRedactor(redact);
  return { write: (text) => write(push(text)), finish };
};

interface SnapshotText {
  add(chunk: string): void;
  progress(progress: SnapshotProgress): void;
  /** Returns the counts from the header. Throws if the text is incomplete. */
  finish(): { nodes: number; edges: number };
}

/** Passes the text on, and keeps its first and last characters, which hold the counts and show whether it is complete. */
const snapshotText = (writer: SnapshotWriter, onProgress: SnapshotOptions['onProgress']): SnapshotText => {
  const headerChars = 8192;
  let header = '';
  let last = '';
  let chars = 0;
  return {
    add: (chunk) => {
      if (header.length < headerChars) header += chunk.slice(0, headerChars);
      last = chunk.trimEnd().at(-1) ?? last;
      chars += chunk.length;
      writer.write(chunk);
      onProgress?.({ phase: 'writing', bytes: chars });
    },
    progress: (progress) => onProgress?.(progress),
    finish: () => {
      const count = (name: string): number =>
        Number(new RegExp(`"${name}":\\s*(\\d+)`).exec(header)?.[1] ?? Number.NaN);
      const counts = { nodes: count('node_count'), edges: count('edge_count') };
      writer.finish();
      if (last === '}' && Number.isFinite(counts.nodes) && Number.isFinite(counts.edges)) return counts;
      throw new MemwatchError('target-error', 'the target sent an incomplete snapshot');
    },
  };
};

type Take = (session: Session, add: (chunk: string) => void, text: SnapshotText) => Promise<void>;

const streamSnapshot = async (
  session: Session,
  take: Take,
  text: SnapshotText,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const failed = new AbortController();
  // an error of the disk is thrown inside an event of the socket: it is passed to the caller that waits for the snapshot
  const add = (chunk: string): void => {
    try {
      if (!failed.signal.aborted) text.add(chunk);
    } catch (error) {
      failed.abort(error);
    }
  };
  const stop = signal === undefined ? failed.signal : AbortSignal.any([failed.signal, signal]);
  await untilAborted(take(session, add, text), stop);
  if (failed.signal.aborted) throw failed.signal.reason;
  if (signal?.aborted !== true) return;
  throw new MemwatchError('interrupted', 'interrupted: nothing was kept', {
    hint: 'V8 cannot be stopped: the target finishes building its snapshot, and what memwatch opened there closes 10 s later',
  });
};

const untilAborted = async (work: Promise<void>, stop: AbortSignal): Promise<void> => {
  let wake = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    wake = resolve;
    if (stop.aborted) wake();
    stop.addEventListener('abort', wake, { once: true });
  });
  work.catch(() => {}); // after an abort nothing waits for it
  await Promise.race([work, stopped]);
  stop.removeEventListener('abort', wake);
};

/**
 * Node 22 and later begin a snapshot in a task of the event loop, which a thread that never leaves a loop does not reach;
 * Node 20 begins at once.
 */
const runsPostedTasks = async ({ session, nodeVersion }: Attachment): Promise<boolean> =>
  Number(/\d+/.exec(nodeVersion)?.[0]) < 22 || turnsLoop(session, 2000);

const takeByProtocol: Take = async (session, add, text) => {
  const stops = [
    session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => add(chunk)),
    session.on('HeapProfiler.reportHeapSnapshotProgress', ({ done, total }) =>
      text.progress({ phase: 'building', done, total }),
    ),
  ];
  try {
    await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: true }, { timeoutMs: Infinity });
  } finally {
    for (const stop of stops) stop();
  }
};

/** The same from inside, whatever the thread is doing: the pieces come back through a binding. */
const takeByInterrupt: Take = async (session, add) => {
  const name = `memwatch_${randomUUID().replaceAll('-', '')}`;
  const stop = session.on('Runtime.bindingCalled', (call) => {
    if (call.name === name) add(call.payload);
  });
  try {
    await session.send('Runtime.enable');
    await session.send('Runtime.addBinding', { name });
    await evaluate(session, sendSnapshot, [name], { timeoutMs: Infinity });
  } finally {
    stop();
    await session.send('Runtime.removeBinding', { name }).catch(() => {}); // gone with the session
    await session.send('Runtime.disable').catch(() => {});
  }
};

/** Runs in the target. */
const sendSnapshot = (name: string): void => {
  const send: (text: string) => void = Reflect.get(globalThis, name);
  Reflect.deleteProperty(globalThis, name);
  const stream = process.getBuiltinModule('node:v8').getHeapSnapshot();
  for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) send(chunk.toString('latin1'));
};
