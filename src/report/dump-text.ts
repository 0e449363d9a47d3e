/**
 * What the threads of a process are doing, as text in the style of py-spy. In: a ProcessDump. Out: lines.
 *
 *   Process 1234: node server.js (v22.23.3)
 *   main thread: running, 98.0% of a core; this stack in 40 of 41 samples
 *       spin (/app/spin.js:12)
 *       handle (function at /app/server.js:3)
 */
import type { HandleCallback, ProcessDump, StackFrame, ThreadDump } from '../analyzer/model/dump.js';
import { escapeText, formatCount, formatDuration, formatShare } from './units.js';

export const renderDump = ({ pid, command, nodeVersion, threads, children, warnings }: ProcessDump): string => {
  const version = nodeVersion === null ? '' : ` (${nodeVersion})`;
  return [
    `Process${pid === null ? '' : ` ${pid}`}: ${escapeText(command)}${version}`,
    ...threads.flatMap((thread) => ['', ...threadLines(thread)]),
    ...(children.length === 0 ? [] : ['', 'children:']),
    ...children.map((child) => `    ${child.pid} ${escapeText(child.command)}`),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => escapeText(warning))]),
  ].join('\n');
};

const threadLines = (thread: ThreadDump): string[] => {
  const { worker, stack, samples, samplesTaken, handles, callbacks } = thread;
  const seen = samples === 0 || stack.length === 0 ? '' : `; this stack in ${samples} of ${samplesTaken} samples`;
  const marked = thread.state === 'running' && stack.length > 0 && thread.mayBeInlined;
  return [
    `${escapeText(worker)}: ${stateText(thread)}${seen}`,
    ...stack.map((frame, at) => `    ${frameText(frame, at === 0)}`),
    ...(marked ? ['    (without functions that V8 inlined; run memwatch cpu --precise to see them)'] : []),
    ...handles.flatMap(({ type, count, madeBy }) => {
      const known = madeBy === null ? '' : `  ${escapeText(madeBy)}`;
      const calls = callbacks.filter((one) => one.type === type).slice(0, mostCallbacks);
      return [`    ${formatCount(count)} ${escapeText(type)}${known}`, ...calls.map(callbackLine)];
    }),
  ];
};

const mostCallbacks = 5;

const callbackLine = ({ count, ...frame }: HandleCallback): string =>
  `        ${formatCount(count)} ${count === 1 ? 'calls' : 'call'} ${frameText(frame, false)}`;

const stateText = ({ state, waitsFor, cores, loopDelayUs }: ThreadDump): string => {
  const late =
    loopDelayUs === null || loopDelayUs < 1000 ? '' : `; timers are ${formatDuration(Math.round(loopDelayUs))} late`;
  if (state === 'idle') return `idle: its event loop is waiting for events${late}`;
  if (state === 'waiting') return waitsFor === null ? 'waiting' : `waiting for ${waitsFor}`;
  if (state === 'unknown') return 'did not answer';
  const blocked = loopDelayUs === null ? '; its event loop did not turn during the dump' : late;
  return `running${cores === null ? '' : `, ${formatShare(Math.min(1, cores))} of a core`}${blocked}`;
};

/** A sample has the running line of the innermost function only; for the others it has where they begin. */
const frameText = ({ function: name, file, line }: StackFrame, isInnermost: boolean): string => {
  const shown = escapeText(name === '' ? '(anonymous)' : name);
  if (file === '') return `${shown} (native)`;
  const place = line > 0 ? `${file}:${line}` : file;
  return `${shown} (${isInnermost ? '' : 'function at '}${escapeText(place)})`;
};
