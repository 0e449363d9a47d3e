/**
 * The half of the openings that runs inside the target: for a moment, stacks are taken of the code that opens files and
 * makes handles (sockets, timers, threads, child processes), and those count whose file or handle is still open at the end.
 * Sent as source text, so it uses nothing from outside itself.
 */
import type { createStacks, Stacks } from './stacks-in-target.js';
import type { SeenSite } from '../../analyzer/model/finding.js';

/** What is watched. */
export interface Openings {
  /** Node's names for handles, as hooks of async_hooks see them: `Timeout`, `WORKER`, `TCPWRAP`. */
  readonly types: readonly string[];
  readonly files: boolean;
}

export interface OpeningWatch {
  /** Where what is open now was opened since the start. */
  sites(): SeenSite[];
  /** Puts everything back; safe to call twice. */
  stop(): void;
}

interface FileBinding {
  open(path: string, flags: number, mode: number, request?: { oncomplete?: (...args: unknown[]) => void }): unknown;
  openFileHandle(...args: unknown[]): unknown;
}

// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
export function watchOpenings(
  builtin: NodeJS.Process['getBuiltinModule'],
  stacksOf: typeof createStacks,
  { types, files }: Openings,
  most: number,
): OpeningWatch {
  const stacks: Stacks = stacksOf(most);
  const undos: (() => void)[] = [];
  const made: { resource: object; site: SeenSite }[] = [];
  const opened = new Map<number, { link: string; site: SeenSite }>();
  /** Who made a stream, by the id of the tick in which it opens its file. */
  const streams = new Map<number, SeenSite | undefined>();
  const { createHook, executionAsyncId } = builtin('node:async_hooks');
  const { readlinkSync } = builtin('node:fs');

  /** Nothing here may throw into the program. */
  const quietly = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch {
      return undefined;
    }
  };
  const linkOf = (fd: number): string | undefined => quietly(() => readlinkSync(`/proc/self/fd/${fd}`));

  const watchHandles = (): void => {
    const wanted = new Set(types);
    const init = (id: number, type: string, _by: number, resource: object): void => {
      const isStream = files && type === 'TickObject' && Reflect.get(resource, 'callback')?.name === 'constructNT';
      if (!isStream && !wanted.has(type)) return;
      const site = quietly(() => stacks.siteOf(init));
      if (isStream) streams.set(id, site);
      else if (site !== undefined) made.push({ resource, site });
    };
    const hook = createHook({ init }).enable();
    undos.push(() => void hook.disable());
  };
  /** A handle that is closed and has lost its native half returns undefined. */
  const isOpen = (resource: object): boolean => {
    const { hasRef, _destroyed } = resource as { hasRef?: () => unknown; _destroyed?: boolean };
    if (_destroyed !== undefined) return !_destroyed;
    return typeof hasRef !== 'function' || hasRef.call(resource) !== undefined;
  };

  // All of Node's functions that open a file call one of these two.
  const watchFiles = (): void => {
    const binding: FileBinding = Reflect.get(process, 'binding').call(process, 'fs');
    const put = (fd: unknown, site: SeenSite): void => {
      const link = typeof fd === 'number' ? linkOf(fd) : undefined;
      if (typeof fd === 'number' && link !== undefined) opened.set(fd, { link, site });
    };
    const { open, openFileHandle } = binding;
    const siteOf = (within: Function): SeenSite | undefined =>
      streams.get(executionAsyncId()) ?? quietly(() => stacks.siteOf(within));
    const watchedOpen: FileBinding['open'] = function (this: unknown, ...args) {
      const site = siteOf(watchedOpen);
      const complete = args[3]?.oncomplete;
      if (site !== undefined && args[3] !== undefined && complete !== undefined)
        args[3].oncomplete = function (this: unknown, ...results: unknown[]) {
          put(results[1], site);
          Reflect.apply(complete, this, results);
        };
      const fd = Reflect.apply(open, this, args);
      if (site !== undefined) put(fd, site);
      return fd;
    };
    const watchedHandle: FileBinding['openFileHandle'] = function (this: unknown, ...args) {
      const site = siteOf(watchedHandle);
      const handle = Reflect.apply(openFileHandle, this, args);
      if (site !== undefined && handle instanceof Promise)
        handle.then(
          (result: { fd?: unknown }) => put(result.fd, site),
          () => {},
        );
      return handle;
    };
    binding.open = watchedOpen;
    binding.openFileHandle = watchedHandle;
    undos.push(() => {
      if (binding.open === watchedOpen) binding.open = open; // else someone has replaced it since
      if (binding.openFileHandle === watchedHandle) binding.openFileHandle = openFileHandle;
    });
  };

  quietly(watchHandles);
  if (files) quietly(watchFiles);
  return {
    sites() {
      for (const site of stacks.sites()) site.count = 0;
      for (const { resource, site } of made) if (isOpen(resource)) site.count++;
      for (const [fd, { link, site }] of opened) if (linkOf(fd) === link) site.count++;
      return stacks.sites().filter(({ count }) => count > 0);
    },
    stop() {
      for (const undo of undos.splice(0)) quietly(undo);
    },
  };
}
