/**
 * The half of the growth sites that runs inside the target: for a moment, the methods that add to a container are wrapped,
 * on that one object only, and the stacks of the calls are counted. Sent as source text, so it uses nothing from outside
 * itself.
 */
import type { Guard } from '../session/guard.js';
import type { createStacks } from './stacks-in-target.js';
import type { SeenSite } from '../../analyzer/model/finding.js';

export interface GrowthWatch {
  sites: SeenSite[];
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

/** Watches the object; returns what counts and undoes. `stacksOf` comes as text, too. */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
export function watchGrowth(
  target: object,
  stacksOf: typeof createStacks,
  client: string,
  methods: readonly string[],
  most: number,
): GrowthWatch {
  const guard = Reflect.get(process, Symbol.for('memwatch')) as Guard;
  const stacks = stacksOf(most);
  const record = (within: Function): void => {
    const site = stacks.siteOf(within);
    if (site !== undefined) site.count++;
  };

  const undos: (() => void)[] = [];
  const wrap = (name: string): void => {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function' || !Object.isExtensible(target)) return;
    const before = Object.getOwnPropertyDescriptor(target, name);
    if (before !== undefined && before.configurable !== true) return;
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      record(wrapper);
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
      record(set);
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
      return stacks.sites();
    },
    stop,
  };
}
