/**
 * The half of the callbacks that runs inside the target: the functions that active handles, requests and timers hold. Sent
 * as source text, so it uses nothing from outside itself.
 */

export type Callback = (...args: never[]) => unknown;

/** Handles of one type that hold functions of the same code. */
export interface HeldFunctions {
  readonly type: string;
  count: number;
  /** Indexes of `functions`; those that are most likely the program's come first. */
  readonly held: readonly number[];
  /** The functions themselves, of a few of the handles: their closures differ. */
  readonly samples: Callback[][];
}

export interface Holders {
  /** One function for each text of code. */
  readonly functions: readonly Callback[];
  readonly names: readonly string[];
  readonly groups: readonly HeldFunctions[];
}

interface TimerItem {
  readonly _idleNext: TimerItem;
  readonly _onTimeout?: unknown;
  readonly hasRef?: () => boolean;
}

/** In: Node's timers by their length. */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
export function holdersInTarget(timers: Readonly<Record<string, TimerItem>>): Holders {
  const most = { timers: 10_000, handles: 2000, groups: 40, samples: 5, functions: 12 };
  const indexes = new Map<string, number>();
  const functions: Callback[] = [];
  const groups = new Map<string, HeldFunctions>();
  const isFunction = (value: unknown): value is Callback => typeof value === 'function';
  // closures of the same code have the same text
  const indexOf = (callback: Callback): number => {
    const text = `${String(callback.name)} ${Function.prototype.toString.call(callback)}`;
    const known = indexes.get(text);
    if (known !== undefined) return known;
    indexes.set(text, functions.length);
    return functions.push(callback) - 1;
  };
  const add = (type: string, held: readonly Callback[]): void => {
    const own = [...new Set(held)].slice(0, most.functions);
    const at = own.map(indexOf);
    const key = `${type} ${at.join()}`;
    const group = groups.get(key) ?? { type, count: 0, held: at, samples: [] };
    group.count++;
    if (group.samples.length < most.samples) group.samples.push(own);
    if (groups.size < most.groups || groups.has(key)) groups.set(key, group);
  };
  /** An own data property; a getter may warn, or have an effect. */
  const fieldOf = (holder: unknown, name: string): unknown =>
    typeof holder === 'object' && holder !== null ? Object.getOwnPropertyDescriptor(holder, name)?.value : undefined;
  const listenersOf = (emitter: unknown): Callback[] => {
    const events: unknown = fieldOf(emitter, '_events');
    if (typeof events !== 'object' || events === null) return [];
    const all = Object.keys(events).flatMap((name) => [fieldOf(events, name)].flat());
    // a function that is wrapped for one call has the given one as its property
    return all.flatMap((one) => (isFunction(one) ? [(one as { listener?: Callback }).listener ?? one] : []));
  };
  /** Of a handle, then of what it works for: a request over a socket, the server that accepted it. */
  const heldBy = (handle: unknown): Callback[] => {
    const around = ['_httpMessage', 'server'].map((name) => fieldOf(handle, name));
    const [message, server] = around;
    const more = [fieldOf(message, 'res'), fieldOf(message, 'req'), fieldOf(fieldOf(handle, 'parser'), 'incoming')];
    return [handle, message, ...more, server].flatMap(listenersOf);
  };
  const heldByRequest = (request: unknown): Callback[] => {
    const places = [request, fieldOf(request, 'context')];
    const named = places.flatMap((place) => ['callback', 'cb', 'oncomplete'].map((name) => fieldOf(place, name)));
    return named.filter(isFunction);
  };
  const typeOf = (handle: object): string => {
    const name = String(handle.constructor?.name ?? '');
    if (name === 'Socket' && typeof fieldOf(handle, 'type') === 'string') return 'UDPWrap'; // its _handle is deprecated
    const isStream = /^(?:Socket|TLSSocket|Server|ReadStream|WriteStream)$/.test(name);
    const inner = isStream ? String(Reflect.get(handle, '_handle')?.constructor?.name ?? '') : '';
    if (name === 'Server') return inner === 'Pipe' ? 'PipeWrap' : 'TCPServerWrap';
    if (name === 'ChildProcess') return 'ProcessWrap';
    if (name === 'FSWatcher') return 'FSEventWrap';
    const sockets: Record<string, string> = { TCP: 'TCPSocketWrap', Pipe: 'PipeWrap', TTY: 'TTYWrap' };
    return name === 'TLSSocket' ? 'TCPSocketWrap' : (sockets[inner] ?? name);
  };
  const active = (name: string): object[] => {
    const all: unknown = Reflect.get(process, name)?.call(process);
    return Array.isArray(all)
      ? all.slice(0, most.handles).filter((one) => typeof one === 'object' && one !== null)
      : [];
  };
  let seen = 0;
  for (const list of Object.values(timers))
    for (let timer = list._idleNext; timer !== list && seen < most.timers; timer = timer._idleNext, seen++)
      if (timer.hasRef?.() !== false) add('Timeout', isFunction(timer._onTimeout) ? [timer._onTimeout] : []);
  for (const handle of active('_getActiveHandles')) add(typeOf(handle), heldBy(handle));
  for (const request of active('_getActiveRequests')) add(String(request.constructor?.name), heldByRequest(request));
  return {
    functions,
    names: functions.map(({ name }) => String(name)),
    groups: [...groups.values()].sort((a, b) => b.count - a.count),
  };
}
