/**
 * The scripts that a sample names, with their source maps, so that `memwatch why` shows the source that the user wrote. In:
 * samples, one after another. Out: a scripts table for each. A script is asked for once, because that takes the program
 * some milliseconds.
 */
import { captureScriptsWithSource } from '../agent/capture/scripts.js';
import type { Script } from '../analyzer/model/scripts.js';
import type { SampledThread, SampledNode, Survivors } from './main-thread.js';

export interface NamedScripts {
  /** What is known already. */
  known(): readonly Script[];
  /** Asks for those that this sample names for the first time; false if there are none. */
  learn(sample: Survivors): Promise<boolean>;
}

/** The scripts on the stacks of what keeps most. */
const mostScripts = 20;

export const createNamedScripts = (main: SampledThread): NamedScripts => {
  const asked = new Set<number>();
  const scripts: Script[] = [];
  return {
    known: () => scripts,
    learn: async ({ head }) => {
      const wanted = new Set(heaviestScripts(head).filter((id) => !asked.has(id)));
      if (wanted.size === 0) return false;
      for (const id of wanted) asked.add(id);
      const from = { pid: process.pid, nodeVersion: process.version };
      const table = await captureScriptsWithSource(main.session, from, ({ id }) => wanted.has(id));
      scripts.push(...table.scripts);
      return table.scripts.length > 0;
    },
  };
};

/** By the bytes that were allocated in their functions, or in what those called. Node's own are left out. */
const heaviestScripts = (head: SampledNode): number[] => {
  const bytes = new Map<number, number>();
  const bytesBelow = ({ callFrame, selfSize, children }: SampledNode): number => {
    const total = children.reduce((sum, child) => sum + bytesBelow(child), selfSize);
    const id = Number(callFrame.scriptId);
    if (callFrame.url !== '' && !callFrame.url.startsWith('node:')) bytes.set(id, (bytes.get(id) ?? 0) + total);
    return total;
  };
  bytesBelow(head);
  const heaviestFirst = [...bytes].toSorted((a, b) => b[1] - a[1]);
  return heaviestFirst.slice(0, mostScripts).map(([id]) => id);
};
