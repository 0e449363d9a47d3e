/**
 * Which functions the active timers and servers of a thread will call. In: a session. Out: the functions with their places.
 * Nothing is searched for in the heap: Node's table of timers is a variable of its timers module, which the inspector can
 * read through the scope of `clearTimeout`. Where that is not so, as in other versions of Node, nothing is known.
 */
import { MemwatchError } from '../../errors.js';
import { callOn, evaluateRemote, type Remote } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';

type Callback = (...args: never[]) => unknown;

/** Functions in the target, with how many handles call each; the most frequent ones first. */
interface Found {
  readonly functions: readonly Callback[];
  readonly about: readonly { readonly type: string; readonly name: string; readonly count: number }[];
}

const timeoutMs = 1500;

export interface CallbackPosition {
  readonly type: string;
  readonly name: string;
  readonly count: number;
  /** 0-based; undefined for native functions. */
  readonly position: CodePosition | undefined;
}

interface CodePosition {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number;
}

/** undefined if there are none, or none are known. */
export const readCallbacks = async (session: Session): Promise<CallbackPosition[] | undefined> => {
  try {
    const found = await findCallbacks(session);
    const about = await callOn(session, found, ({ about }) => about, [], { timeoutMs });
    if (about.length === 0) return undefined;
    const functions = await childrenOf(session, await childOf(session, found, 'functions'));
    const positions = await Promise.all(about.map((_, at) => positionOf(session, functions.get(String(at)))));
    return about.map((one, at) => ({ ...one, position: positions[at] }));
  } catch (error) {
    if (error instanceof MemwatchError && ['no-answer', 'target-error'].includes(error.code)) return undefined;
    throw error;
  }
};

const findCallbacks = async (session: Session): Promise<Remote<Found>> => {
  const clear = await evaluateRemote(session, clearTimeoutInTarget, [], { timeoutMs, commandLineApi: true });
  const { internalProperties = [] } = await session.send('Runtime.getProperties', {
    objectId: clear,
    ownProperties: true,
  });
  const scopes = internalProperties.find(({ name }) => name === '[[Scopes]]')?.value?.objectId;
  const closures = scopes === undefined ? [] : [...(await childrenOf(session, scopes)).values()];
  const [module] = closures;
  const lists = module === undefined ? undefined : (await childrenOf(session, module)).get('timerListMap');
  const { result } = await session.send('Runtime.callFunctionOn', {
    objectId: clear,
    functionDeclaration: String(callbacksInTarget),
    arguments: [lists === undefined ? { value: {} } : { objectId: lists }],
    silent: true,
  });
  return result.objectId as Remote<Found>;
};

/** The objects that an object's own properties hold, by name. */
const childrenOf = async (session: Session, objectId: string): Promise<Map<string, string>> => {
  const { result } = await session.send('Runtime.getProperties', { objectId, ownProperties: true });
  return new Map(result.flatMap(({ name, value }) => (value?.objectId === undefined ? [] : [[name, value.objectId]])));
};

const childOf = async (session: Session, objectId: string, name: string): Promise<string> => {
  const child = (await childrenOf(session, objectId)).get(name);
  if (child !== undefined) return child;
  throw new MemwatchError('target-error', `in the target: ${name} is missing`);
};

const positionOf = async (session: Session, objectId: string | undefined): Promise<CodePosition | undefined> => {
  if (objectId === undefined) return undefined;
  const { internalProperties = [] } = await session.send('Runtime.getProperties', { objectId, ownProperties: true });
  return internalProperties.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value;
};

/** Runs in the target. */
function clearTimeoutInTarget(): typeof clearTimeout {
  const builtin: NodeJS.Process['getBuiltinModule'] = process.getBuiltinModule ?? require;
  return builtin('node:timers').clearTimeout;
}

interface TimerItem {
  readonly _idleNext: TimerItem;
  readonly _onTimeout?: unknown;
}

/** Runs in the target, with Node's timers by their length. */
function callbacksInTarget(lists: Readonly<Record<string, TimerItem>>): Found {
  const [mostTimers, shown] = [10_000, 20];
  // closures of the same code have the same text
  const groups = new Map<string, { type: string; name: string; count: number; callback: Callback }>();
  const isFunction = (value: unknown): value is Callback => typeof value === 'function';
  const add = (type: string, callback: unknown): void => {
    if (!isFunction(callback)) return;
    const name = String(callback.name);
    const key = `${type} ${name} ${Function.prototype.toString.call(callback)}`;
    const group = groups.get(key) ?? { type, name, count: 0, callback };
    group.count++;
    groups.set(key, group);
  };
  let seen = 0;
  for (const list of Object.values(lists))
    for (let timer = list._idleNext; timer !== list && seen < mostTimers; timer = timer._idleNext, seen++)
      add('Timeout', timer._onTimeout);
  const handles: { listeners?: (event: string) => unknown[]; listening?: unknown }[] =
    Reflect.get(process, '_getActiveHandles')?.call(process) ?? [];
  for (const server of handles) {
    if (server.listening !== true || typeof server.listeners !== 'function') continue;
    const requests = server.listeners('request');
    for (const listener of requests.length > 0 ? requests : server.listeners('connection'))
      add('TCPServerWrap', listener);
  }
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count).slice(0, shown);
  return {
    functions: sorted.map(({ callback }) => callback),
    about: sorted.map(({ type, name, count }) => ({ type, name, count })),
  };
}
