/**
 * What the threads of a process are doing, as text in the style of py-spy. In: a ProcessDump. Out: lines.
 *
 *   Process 1234: node server.js (v22.23.3)
 *   main thread: running, 98.0% of a core; this stack in 40 of 41 samples
 *       spin (/app/spin.js:12)
 *       handle (function at /app/server.js:3)
 */
import type {
  ActiveHandles,
  AwaitedPromises,
  HandleCallback,
  PendingPromises,
  ProcessDump,
  StackFrame,
  ThreadDump,
} from '../analyzer/model/dump.js';
import { escapeText, formatCount, formatDuration, formatShare } from './units.js';

export const renderDump = ({ pid, command, nodeVersion, threads, children, warnings }: ProcessDump): string => {
  const version = nodeVersion === null ? '' : ` (${nodeVersion})`;
  return [
    `Process${pid === null ? '' : ` ${pid}`}: ${escapeText(command)}${version}`,
    ...joinAlike(threads).flatMap((thread) => ['', ...threadLines(thread)]),
    ...(children.length === 0 ? [] : ['', 'children:']),
    ...children.map((child) => `    ${child.pid} ${escapeText(child.command)}`),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => escapeText(warning))]),
  ].join('\n');
};

/** Threads of which nothing but their state is known, as one: V8's and Node's own, when the inspector does not answer. */
const joinAlike = (threads: readonly ThreadDump[]): ThreadDump[] => {
  const shown: ThreadDump[] = [];
  for (const thread of threads) {
    const isBare = thread.worker.startsWith('thread ') && thread.handles.length === 0 && thread.stack.length === 0;
    const at = shown.findIndex(
      (one) => isBare && one.worker.startsWith('thread') && stateText(one) === stateText(thread),
    );
    const other = shown[at];
    if (other === undefined) shown.push(thread);
    else
      shown[at] = { ...other, worker: `${other.worker.replace(/^threads? /, 'threads ')}, ${thread.worker.slice(7)}` };
  }
  return shown;
};

const threadLines = (thread: ThreadDump): string[] => {
  const { worker, stack, samples, samplesTaken, handles, callbacks, promises } = thread;
  const seen = samples === 0 || stack.length === 0 ? '' : `; this stack in ${samples} of ${samplesTaken} samples`;
  const marked = thread.state === 'running' && stack.length > 0 && thread.mayBeInlined;
  return [
    `${escapeText(worker)}: ${stateText(thread)}${seen}`,
    ...stack.map((frame, at) => `    ${frameText(frame, at === 0)}`),
    ...(marked ? ['    (without functions that V8 inlined; run memwatch cpu --precise to see them)'] : []),
    ...handles.flatMap((one) => handleLines(one, callbacks)),
    ...promiseLines(promises),
  ];
};

const handleLines = ({ type, count, madeBy }: ActiveHandles, callbacks: readonly HandleCallback[]): string[] => {
  const about = madeBy === null ? '' : `  ${escapeText(madeBy)}`;
  const calls = callbacks.filter((one) => one.type === type);
  const unknown = count - calls.reduce((sum, one) => sum + one.count, 0);
  return [
    `    ${formatCount(count)} ${escapeText(type)}${about}`,
    ...calls.slice(0, mostCallbacks).map(callbackLine),
    ...(unknown > 0
      ? [
          `        ${unknown === count ? '' : `${formatCount(unknown)}: `}who made ${unknown === 1 ? 'it' : 'them'} is not known`,
        ]
      : []),
  ];
};

const mostCallbacks = 5;

const callbackLine = ({ count, ...frame }: HandleCallback): string =>
  `        ${formatCount(count)} ${count === 1 ? 'calls' : 'call'} ${frameText(frame, false)}`;

const mostAwaited = 10;

const promiseLines = (promises: PendingPromises | null): string[] => {
  if (promises === null || promises.pending === 0) return [];
  const { pending, awaited, notKnown, notLooked } = promises;
  const more = awaited.length - mostAwaited;
  return [
    `    ${formatCount(pending)} pending ${pending === 1 ? 'promise' : 'promises'}`,
    ...awaited.slice(0, mostAwaited).map(awaitedLine),
    ...(more > 0 ? [`        … ${formatCount(more)} more places; --json lists them`] : []),
    ...(notKnown > 0
      ? [`        ${formatCount(notKnown)}: who waits is not known: nobody, or several for the same one`]
      : []),
    ...(notLooked > 0 ? [`        ${formatCount(notLooked)} promises more were not looked at`] : []),
  ];
};

const mostWaiting = 4;

/** The line of the `await`, then who waits for that function. */
const awaitedLine = ({ count, stack }: AwaitedPromises): string => {
  const shown = stack
    .slice(0, mostWaiting)
    .map((frame) => (frame.file === '' ? escapeText(frame.function) : frameText(frame, true)));
  const more = stack.length > mostWaiting ? ' < …' : '';
  return `        ${formatCount(count)} awaited by ${shown.join(' < ')}${more}`;
};

const stateText = ({ state, waitsFor, cores, loopDelayUs }: ThreadDump): string => {
  const late =
    loopDelayUs === null || loopDelayUs < 1000 ? '' : `; timers are ${formatDuration(Math.round(loopDelayUs))} late`;
  if (state === 'idle') return `idle: its event loop is waiting for events${late}`;
  if (state === 'waiting') return waitsFor === null ? 'waiting' : `waiting for ${waitsFor}`;
  if (state === 'unknown') return `did not answer${waitsFor === null ? '' : `: ${waitsFor}`}`;
  const blocked = loopDelayUs === null ? '; its event loop did not turn during the dump' : late;
  if (cores === null && loopDelayUs === null)
    return `running, or waiting in this call: the system does not say which${blocked}`;
  return `running${cores === null ? '' : `, ${formatShare(Math.min(1, cores))} of a core`}${blocked}`;
};

/** A sample has the running line of the innermost function only; for the others it has where they begin. */
const frameText = ({ function: name, file, line }: StackFrame, isInnermost: boolean): string => {
  const shown = escapeText(name === '' ? '(anonymous)' : name);
  if (file === '') return `${shown} (native)`;
  const place = line > 0 ? `${file}:${line}` : file;
  return `${shown} (${isInnermost ? '' : 'function at '}${escapeText(place)})`;
};
