/**
 * Every command, in the order in which help lists them. Each is loaded where it is named: all of them together take longer
 * to load than a small one takes to run.
 */
import type { Command } from './io.js';

const load = {
  ps: async () => (await import('./ps.js')).psCommand,
  attach: async () => (await import('./attach.js')).attachCommand,
  detach: async () => (await import('./detach.js')).detachCommand,
  leaks: async () => (await import('./leaks.js')).leaksCommand,
  census: async () => (await import('./census.js')).censusCommand,
  memory: async () => (await import('./memory.js')).memoryCommand,
  snapshot: async () => (await import('./snapshot.js')).snapshotCommand,
  heap: async () => (await import('./heap.js')).heapCommand,
  diff: async () => (await import('./diff.js')).diffCommand,
  dump: async () => (await import('./dump.js')).dumpCommand,
  cpu: async () => (await import('./cpu.js')).cpuCommand,
  alloc: async () => (await import('./alloc.js')).allocCommand,
  lines: async () => (await import('./lines.js')).linesCommand,
  check: async () => (await import('./check.js')).checkCommand,
  view: async () => (await import('./view.js')).viewCommand,
  export: async () => (await import('./export.js')).exportCommand,
  audit: async () => (await import('./audit.js')).auditCommand,
  bisect: async () => (await import('./bisect.js')).bisectCommand,
} satisfies Record<string, () => Promise<Command>>;

export const commandNames: readonly string[] = Object.keys(load);

/** The command that a command line names; all of them where it names none, for help and for what is wrong with it. */
export const loadCommands = async (argv: readonly string[]): Promise<readonly Command[]> => {
  const name = argv.find((word) => !word.startsWith('-')) ?? '';
  return Promise.all(
    Object.hasOwn(load, name) ? [load[name as keyof typeof load]()] : Object.values(load).map((one) => one()),
  );
};
