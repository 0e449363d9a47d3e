/**
 * The half of the growth sites that runs inside the target: for a moment, the methods that add to a container are wrapped,
 * on that one object only, and the stacks of the calls are counted. Sent as source text, so it uses nothing from outside
 * itself.
 */
import type { Guard } from '../session/guard.js';

export interface RawFrame {
  readonly function: string;
  readonly url: string;
  /** 1-based, as in a stack trace. */
  readonly line: number;
  readonly column: number;
}

export interface RawSite {
  readonly stack: readonly RawFrame[];
  count: number;
}

export interface GrowthWatch {
  sites: RawSite[];
  /** Puts everything back; safe to call twice. */
  stop(): void;
}

/** The methods that add to an object of a kind. A dictionary has none: its new keys are seen through its prototype. */
export const addersOf: Readonly<Record<string, readonly string[] | undefined>> = {
  map: ['set'],
  set: ['add'],
  'weak-set': ['add', 'set', 'push'],
  array: ['push', 'unshift', 'splice'],
  listeners: ['on', 'once', 'addListener', 'prependListener', 'addEventListener'],
  'promise-reactions': ['then'],
  dictionary: [],
};

/** Watches the object; returns what counts and undoes. `most` limits the cost: only this many additions are looked at. */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
export function watchGrowth(target: object, client: string, methods: readonly string[], most: number): GrowthWatch {
  const guard = Reflect.get(process, Symbol.for('memwatch')) as Guard;
  const sites = new Map<string, RawSite>();
  let seen = 0;

  // The program may have its own Error.prepareStackTrace; it is replaced for this one call only, during which nothing else
  // runs.
  const frames = (): RawFrame[] => {
    const own = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    if (own !== undefined && !('value' in own && own.writable === true && own.configurable === true)) return [];
    const limit = Error.stackTraceLimit;
    const holder: { stack?: unknown } = {};
    try {
      Error.stackTraceLimit = 24;
      Error.prepareStackTrace = (_, calls) =>
        calls.map((call) => ({
          function: call.getFunctionName() ?? '',
          url: call.getFileName() ?? '',
          line: call.getLineNumber() ?? 0,
          column: call.getColumnNumber() ?? 0,
        }));
      Error.captureStackTrace(holder, record);
      return holder.stack as RawFrame[];
    } finally {
      Error.stackTraceLimit = limit;
      if (own === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
      else Object.defineProperty(Error, 'prepareStackTrace', own);
    }
  };
  function record(): void {
    if (seen++ >= most) return;
    const stack = frames().slice(1); // without the wrapper
    const key = stack.map(({ url, line, column }) => `${url}:${line}:${column}`).join('\n');
    const known = sites.get(key);
    if (known !== undefined) known.count++;
    else if (sites.size < 200) sites.set(key, { stack, count: 1 });
  }

  const undos: (() => void)[] = [];
  const wrap = (name: string): void => {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function' || !Object.isExtensible(target)) return;
    const before = Object.getOwnPropertyDescriptor(target, name);
    if (before !== undefined && before.configurable !== true) return;
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      record();
      return Reflect.apply(original, this, args) as unknown;
    };
    Object.defineProperty(target, name, { value: wrapper, configurable: true, writable: true, enumerable: false });
    undos.push(() => {
      if (Reflect.get(target, name) !== wrapper) return; // someone else has replaced it since
      if (before === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, before);
    });
  };
  // A key that an object does not have yet is looked up in its prototypes, so a prototype sees only new keys.
  const watchKeys = (): void => {
    const prototype = Object.getPrototypeOf(target) as object | null;
    const set = (object: object, key: PropertyKey, value: unknown, receiver: unknown): boolean => {
      record();
      return Reflect.set(object, key, value, receiver);
    };
    const between = new Proxy(prototype ?? (Object.create(null) as object), { set });
    if (!Reflect.setPrototypeOf(target, between)) return;
    undos.push(() => void (Object.getPrototypeOf(target) === between && Reflect.setPrototypeOf(target, prototype)));
  };

  if (methods.length === 0) watchKeys();
  else for (const name of methods) wrap(name);
  const stop = (): void => {
    for (const undo of undos.splice(0)) undo();
  };
  guard.onLeave(client, stop);
  return {
    get sites() {
      return [...sites.values()];
    },
    stop,
  };
}
