/**
 * Every command, in the order in which help lists them. A command is loaded when it is used: loading all of them takes
 * longer than running a small one.
 */
import type { Command } from './io.js';

export interface CommandEntry {
  /** As yargs writes it: `snapshot [target]`. */
  readonly usage: string;
  /** For the list of commands: one line. */
  readonly describe: string;
  readonly load: () => Promise<Command>;
}

const entries = {
  ps: {
    usage: 'ps',
    describe: 'list the Node processes on this machine, and whether memwatch can attach to them',
    load: async () => (await import('./ps.js')).psCommand,
  },
  attach: {
    usage: 'attach [target]',
    describe: 'what it is doing now: the live terminal UI, or a line a second',
    load: async () => (await import('./attach.js')).attachCommand,
  },
  detach: {
    usage: 'detach [target]',
    describe: 'close an inspector that a killed memwatch left open',
    load: async () => (await import('./detach.js')).detachCommand,
  },
  leaks: {
    usage: 'leaks [targets..]',
    describe: 'is it leaking? what grows, what retains it, and which line is to blame',
    load: async () => (await import('./leaks.js')).leaksCommand,
  },
  census: {
    usage: 'census [target]',
    describe: 'live objects by class, and the containers that grow; without a snapshot',
    load: async () => (await import('./census.js')).censusCommand,
  },
  memory: {
    usage: 'memory [target]',
    describe: 'what the RSS consists of, which limit it will hit and when, and what to set',
    load: async () => (await import('./memory.js')).memoryCommand,
  },
  record: {
    usage: 'record [targets..]',
    describe: 'memory, CPU, GC and event loop over time, of one or many processes, into a file',
    load: async () => (await import('./record.js')).recordCommand,
  },
  serve: {
    usage: 'serve [targets..]',
    describe: 'metrics for Prometheus and profiles for pprof, of one or many processes, over HTTP',
    load: async () => (await import('./serve.js')).serveCommand,
  },
  watch: {
    usage: 'watch [targets..]',
    describe: 'unattended: when memory or delay passes a limit, keep the evidence, look for leaks, notify',
    load: async () => (await import('./watch.js')).watchCommand,
  },
  mark: {
    usage: 'mark <text>',
    describe: 'put a mark, such as a deploy, into the recordings that run',
    load: async () => (await import('./mark.js')).markCommand,
  },
  plot: {
    usage: 'plot <files..>',
    describe: 'recordings as charts: in the terminal, as a page or as an SVG picture',
    load: async () => (await import('./plot.js')).plotCommand,
  },
  snapshot: {
    usage: 'snapshot [target]',
    describe: 'write one heap snapshot, safely',
    load: async () => (await import('./snapshot.js')).snapshotCommand,
  },
  heap: {
    usage: 'heap [source]',
    describe: 'what holds the memory: classes, the biggest objects and their retaining paths',
    load: async () => (await import('./heap.js')).heapCommand,
  },
  waste: {
    usage: 'waste [source]',
    describe: 'what memory could be saved: by kind, who holds it, and what to do',
    load: async () => (await import('./waste.js')).wasteCommand,
  },
  query: {
    usage: 'query <files..>',
    describe: 'any question about heap snapshots, in SQL: nodes, edges, classes, strings, paths',
    load: async () => (await import('./query.js')).queryCommand,
  },
  diff: {
    usage: 'diff <files..>',
    describe: 'what grew from one capture to the next',
    load: async () => (await import('./diff.js')).diffCommand,
  },
  dump: {
    usage: 'dump [target]',
    describe: 'what every thread is doing now: its stack, what it waits for, its handles',
    load: async () => (await import('./dump.js')).dumpCommand,
  },
  top: {
    usage: 'top [target]',
    describe: 'which functions run now: those of the last seconds, refreshed like top',
    load: async () => (await import('./top.js')).topCommand,
  },
  cpu: {
    usage: 'cpu [target]',
    describe: 'which functions and lines take the time',
    load: async () => (await import('./cpu.js')).cpuCommand,
  },
  alloc: {
    usage: 'alloc [target]',
    describe: 'which functions allocate, and how much of it stays alive',
    load: async () => (await import('./alloc.js')).allocCommand,
  },
  lines: {
    usage: 'lines <what..>',
    describe: 'hits, time and memory of every line of a function',
    load: async () => (await import('./lines.js')).linesCommand,
  },
  check: {
    usage: 'check [scenario..]',
    describe: 'does a scenario leak? for CI, with a baseline of known leaks, limits, JUnit and Markdown',
    load: async () => (await import('./check.js')).checkCommand,
  },
  view: {
    usage: 'view <files..>',
    describe: 'open heap snapshots, profiles and saved results in the terminal UI',
    load: async () => (await import('./view.js')).viewCommand,
  },
  export: {
    usage: 'export <file>',
    describe: 'convert a profile to pprof, speedscope, collapsed stacks, flame graph (SVG, HTML) or Markdown',
    load: async () => (await import('./export.js')).exportCommand,
  },
  run: {
    usage: 'run',
    describe: 'start a program with the agent inside, which keeps evidence of why it ended',
    load: async () => (await import('./run.js')).runCommand,
  },
  why: {
    usage: 'why <folder>',
    describe: 'what the agent inside kept: how a program ended, what grew, and which function allocated it',
    load: async () => (await import('./why.js')).whyCommand,
  },
  audit: {
    usage: 'audit [lockfile]',
    describe: 'which installed releases of npm packages and of Node are known to leak',
    load: async () => (await import('./audit.js')).auditCommand,
  },
  bisect: {
    usage: 'bisect <releases> <scenario>',
    describe: 'find the first release of a package with which a scenario leaks',
    load: async () => (await import('./bisect.js')).bisectCommand,
  },
  mcp: {
    usage: 'mcp',
    describe: 'a server for agents (Model Context Protocol) on stdin and stdout',
    load: async () => (await import('./mcp.js')).mcpCommand,
  },
  completion: {
    usage: 'completion <shell>',
    describe: 'a completion script for bash, zsh or fish: commands, options and process ids by Tab',
    load: async () => (await import('./completion.js')).completionCommand,
  },
} satisfies Record<string, CommandEntry>;

export const commands: ReadonlyMap<string, CommandEntry> = new Map(Object.entries(entries));
