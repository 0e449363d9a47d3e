/**
 * The half of the pending promises that runs inside the target: which async functions wait for which promise. V8 puts async
 * functions into the stack of an Error by following the reactions of the promise that the running reaction settles. So an
 * Error is made in a reaction whose result is chained to the promise in question. The chain ends in a function that does
 * nothing: that promise gets no reaction, is not settled, and does not count as handled. Sent as source text.
 */
import type { Guard } from '../session/guard.js';

/** Promises for which the same functions wait. */
export interface AwaitedInTarget {
  count: number;
  /** Innermost first. Lines and columns are 1-based. */
  readonly frames: readonly AsyncFrame[];
}

export interface AsyncFrame {
  readonly name: string;
  /** Of Promise.all and the like, which stand in no file. */
  readonly url: string | null;
  readonly line: number;
  readonly column: number;
}

export interface PendingInTarget {
  readonly awaited: readonly AwaitedInTarget[];
  readonly pending: number;
  /** How many promises were looked at, of how many. */
  readonly looked: number;
  readonly all: number;
}

// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
export async function pendingInTarget(found: ArrayLike<object>, ownUrl: string): Promise<PendingInTarget> {
  const most = { looked: 20_000, inOneTurn: 200, frames: 12 };
  await undefined; // timers may be touched from promise reactions alone, see guard.ts
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch')); // workers have none
  const builtin = guard?.builtin ?? process.getBuiltinModule;
  const { inspect } = builtin('node:util');
  const { setImmediate } = builtin('node:timers');
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const { prototype } = (async () => {})().constructor as PromiseConstructor;
  const then = prototype.then;
  const isPending = (promise: object): boolean =>
    /^[^{]*\{ <pending>[ ,}]/.test(inspect(promise, { customInspect: false, depth: 0, breakLength: Infinity }));

  const frameOf = (site: NodeJS.CallSite): AsyncFrame => {
    const [name, type] = [site.getFunctionName() ?? '', site.getTypeName()];
    const url = site.getScriptNameOrSourceURL();
    if (url == null || url === '') return { name: `Promise.${name}`, url: null, line: 0, column: 0 };
    const isMethod = type !== null && !/^(?:Object|Function|global)$/.test(type) && !name.includes('.');
    return {
      name: isMethod && name !== '' ? `${type}.${name}` : name,
      url,
      line: site.getLineNumber() ?? 0,
      column: site.getColumnNumber() ?? 0,
    };
  };
  /** To be called in a promise reaction. Nothing else runs between the changes to Error and their undoing. */
  const asyncFrames = (): AsyncFrame[] => {
    let frames: AsyncFrame[] = [];
    const names = ['prepareStackTrace', 'stackTraceLimit'] as const;
    const before = names.map((name) => Object.getOwnPropertyDescriptor(Error, name));
    const prepareStackTrace = (_: Error, sites: NodeJS.CallSite[]): string => {
      frames = sites.filter((site) => site.isAsync()).map(frameOf);
      return '';
    };
    try {
      Object.defineProperty(Error, 'prepareStackTrace', {
        value: prepareStackTrace,
        configurable: true,
        writable: true,
      });
      Object.defineProperty(Error, 'stackTraceLimit', { value: most.frames, configurable: true, writable: true });
      void new Error('memwatch asks who waits').stack;
    } catch {
      frames = []; // Error is frozen
    }
    for (const [at, name] of names.entries()) {
      const descriptor = before[at];
      if (descriptor === undefined) Reflect.deleteProperty(Error, name);
      else Reflect.defineProperty(Error, name, descriptor);
    }
    return frames;
  };
  const framesOf = (promise: object): Promise<AsyncFrame[]> =>
    new Promise((resolve) => {
      const nothing = (): void => {};
      const first = Reflect.apply(then, Promise.resolve(), [() => resolve(asyncFrames())]);
      // V8 takes what this returns for the promise that depends on `first`
      const species = function (executor: (resolve: () => void, reject: () => void) => void): object {
        executor(nothing, nothing);
        return promise;
      };
      Object.defineProperty(first, 'constructor', { value: { [Symbol.species]: species } });
      Reflect.apply(then, first, [nothing]);
    });

  const awaited = new Map<string, AwaitedInTarget>();
  let [pending, at] = [0, 0];
  for (; at < Math.min(found.length, most.looked); at++) {
    if (at % most.inOneTurn === most.inOneTurn - 1) await turn();
    const promise = found[at] as object;
    if (!isPending(promise)) continue;
    const frames = await framesOf(promise);
    if (frames.some(({ url }) => url === ownUrl)) continue;
    pending++;
    const key = JSON.stringify(frames);
    const group = awaited.get(key) ?? { count: 0, frames };
    group.count++;
    awaited.set(key, group);
  }
  return { awaited: [...awaited.values()], pending, looked: at, all: found.length };
}
