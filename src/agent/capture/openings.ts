/**
 * Which line opens the files, starts the threads and child processes, sets the timers: the process is watched for a moment,
 * and restored at once, by the target itself if memwatch is gone (see guard.ts). In: what to watch. Out: stacks that opened
 * what is still open, with how many each opened.
 */
import type { Attachment } from '../attach/attach.js';
import { callOn, release, type Remote } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import { watchOpenings, type Openings, type OpeningWatch } from './openings-in-target.js';
import { createStacks } from './stacks-in-target.js';
import type { SeenSite } from '../../analyzer/model/finding.js';

/** At most this many openings are looked at: each costs the target about 20 us. */
const mostOpenings = 2000;

/** Watches while `wait` runs. */
export const captureOpenings = async (
  { session, client }: Attachment,
  openings: Openings,
  wait: () => Promise<void>,
): Promise<readonly SeenSite[]> => {
  const source = `(${String(startInTarget)})(${JSON.stringify(client)}, ${String(watchOpenings)}, ${String(createStacks)}, ${JSON.stringify(openings)}, ${mostOpenings})`;
  const { result } = await session.send('Runtime.evaluate', { expression: source, silent: true });
  const watch = result.objectId as Remote<OpeningWatch> | undefined;
  if (watch === undefined) return [];
  try {
    await wait();
    return await callOn(session, watch, (running) => running.sites());
  } finally {
    await callOn(session, watch, (running) => running.stop()).catch(() => {});
    await release(session, watch);
  }
};

/** The same in the process that this code runs in; ends when the result is called. */
export const watchOwnOpenings = (openings: Openings): (() => readonly SeenSite[]) => {
  const watch = watchOpenings(process.getBuiltinModule, createStacks, openings, mostOpenings);
  return () => {
    const sites = watch.sites();
    watch.stop();
    return sites;
  };
};

/** Runs in the target. */
const startInTarget = (
  client: string,
  watch: typeof watchOpenings,
  stacksOf: typeof createStacks,
  openings: Openings,
  most: number,
): OpeningWatch => {
  const guard = Reflect.get(process, Symbol.for('memwatch')) as Guard;
  const watching = watch(guard.builtin, stacksOf, openings, most);
  guard.onLeave(client, () => watching.stop());
  return watching;
};
