/**
 * Following processes for a long time, for `serve` and `watch`. In: what was named on the command line, looked for again and
 * again, so that a service that restarts is found under its name. Out: an attachment to each process while it runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { attach, type Attachment } from '../agent/attach/attach.js';
import type { Target } from '../agent/attach/target.js';
import { MemwatchError, messageOf } from '../errors.js';
import { escapeText } from '../report/units.js';
import { allTargets, sayLeftOut, targetsAgain, targetsOf } from './choose-target.js';
import type { Arguments, Io } from './io.js';

export interface Finder {
  /** The targets that run now. */
  find(): Promise<Target[]>;
  /** The user named them, so that each must be there in the beginning. */
  readonly areNamed: boolean;
}

export const finderOf = (args: Arguments, io: Io): Finder => {
  const onLeftOut = sayLeftOut(io);
  if (args['all'] === true) return { find: async () => allTargets(onLeftOut), areNamed: false };
  let find = targetsOf;
  const findOnce = (): Promise<Target[]> => {
    const now = find;
    find = targetsAgain; // what is found later is said when it is followed
    return now(args, io);
  };
  return { find: findOnce, areNamed: true };
};

/** How often processes that start meanwhile are looked for. */
const lookEveryMs = 10_000;

/** What is done with an attachment until the process ends or the signal is aborted. It detaches then. */
export type Follow = (attachment: Attachment, target: Target, signal: AbortSignal) => Promise<void>;

/**
 * Throws what `attach` throws for targets that the user named; others, and those that come later, are reported and tried
 * again. Returns how to detach from all. `done`: what is done with a process, for messages: `served`.
 */
export const followProcesses = async (
  { find, areNamed }: Finder,
  follow: Follow,
  done: string,
  io: Io,
): Promise<() => Promise<void>> => {
  const followed = new Map<string, { readonly attachment: Attachment; readonly work: Promise<void> }>();
  const stopped = new AbortController();
  const signal = AbortSignal.any([io.signal, stopped.signal]);
  let isFirstLook = true;
  const add = async (target: Target): Promise<void> => {
    const key = keyOf(target);
    if (followed.has(key)) return;
    const attachment = await attach(target, { signal, onProgress: io.progress });
    const work = follow(attachment, target, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) io.warn(escapeText(`${key} is no longer ${done}: ${messageOf(error)}`)); // else `stop` throws it
      })
      .finally(() => followed.delete(key));
    followed.set(key, { attachment, work });
    if (!isFirstLook) io.warn(`${key} is ${done} now`);
  };
  const stop = async (): Promise<void> => {
    stopped.abort();
    const all = [...followed.values()];
    const left = await Promise.allSettled(all.map(({ attachment }) => attachment.detach()));
    await Promise.all(all.map(({ work }) => work));
    for (const one of left) if (one.status === 'rejected') throw one.reason;
  };
  const tryToAdd = createTries(add, done, { ...io, signal });
  try {
    for (const target of await find()) await (areNamed ? add : tryToAdd)(target);
  } catch (error) {
    await stop();
    throw error;
  }
  isFirstLook = false;
  const looking = lookForMore(find, tryToAdd, signal);
  return () => stop().then(() => looking);
};

/** The end of a `Follow`: says how the process ended, unless memwatch itself ends, and detaches. `name`: of the process. */
export const leaveFollowed = async (
  attachment: Attachment,
  name: string,
  done: string,
  signal: AbortSignal,
  io: Io,
): Promise<void> => {
  const isOver = signal.aborted;
  await attachment.detach(); // lets a target at its end go on to its exit code
  const how = isOver ? undefined : await attachment.howItEnded();
  if (!isOver) io.warn(escapeText(`${name} ${how ?? `is no longer ${done}`}`));
};

/** What fails is said once. A process that has ended is nothing to report. */
const createTries = (add: (target: Target) => Promise<void>, done: string, { signal, warn }: Io): typeof add => {
  const said = new Set<string>();
  return (target) =>
    add(target).catch((error: unknown) => {
      const text = `${keyOf(target)} is not ${done}: ${messageOf(error)}`;
      const hasEnded = error instanceof MemwatchError && error.code === 'no-such-process';
      if (signal.aborted || hasEnded || said.has(text)) return;
      warn(escapeText(text));
      said.add(text);
    });
};

/** Until the signal is aborted. */
const lookForMore = async (
  find: () => Promise<Target[]>,
  tryToAdd: (target: Target) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  while (await sleep(lookEveryMs, true, { signal }).catch(() => false)) {
    for (const target of await find().catch(() => [])) if (target.kind !== 'command') await tryToAdd(target); // a program is started once
  }
};

const keyOf = (target: Target): string =>
  target.kind === 'pid' ? `process ${target.pid}` : target.kind === 'command' ? 'program' : JSON.stringify(target);
