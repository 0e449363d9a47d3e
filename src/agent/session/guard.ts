/**
 * The guard: the one thing that memwatch puts into a target. It knows which memwatch clients are attached, and undoes what
 * a client did when that client leaves or disappears (killed, connection lost). Each client sends a heartbeat every two
 * seconds; ten seconds without one count as gone. With the last client the guard removes itself, and closes the inspector
 * if memwatch opened it. It is stored on `process` under a symbol that no loop over keys shows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MemwatchError } from '../../errors.js';
import { createDoor, type Door, type DoorFrame } from './door.js';
import { evaluate } from './evaluate.js';
import { atEachBeat, forgetLogs } from './heartbeat.js';
import { NoAnswer, type Session } from './protocol.js';

/** What functions that run in a target find as `Reflect.get(process, Symbol.for('memwatch'))`. */
export interface Guard {
  readonly clients: Map<string, { missed: number; undos: (() => void)[] }>;
  /**
   * The last client's number. Clients are numbered so that the code that memwatch runs here has the same text each time: V8
   * keeps every different text that it has compiled.
   */
  lastClient: number;
  readonly door: Door;
  /** process.getBuiltinModule, or its replacement on Node 18. */
  readonly builtin: NodeJS.Process['getBuiltinModule'];
  /** Where timers may be touched, see below. Never throws. */
  soon(work: () => void): Promise<void>;
  /** Registers what to undo in the target when the client leaves or disappears. */
  onLeave(client: string, undo: () => void): void;
  leave(client: string): void;
  /** After the last client: removes the guard, and closes the inspector if memwatch opened it. */
  end(): void;
  /** Set by preload.cts when Ctrl-C reached a program that memwatch started. */
  interrupted?: boolean;
}

const limits = { tickMs: 1000, missedTicks: 10 };

/** V8's figures of a thread. */
export interface HeapFigures {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

export interface GuardEntry {
  /** This memwatch's name in the guard, which `onLeave` takes. */
  readonly client: string;
  /** This or another memwatch opened the inspector. */
  readonly opened: boolean;
  /** Undoes everything that was registered in the target; returns whether that closes the inspector. */
  leave(): Promise<boolean>;
  /** As the last heartbeat found them; undefined before the first. */
  heap(): HeapFigures | undefined;
}

/** Registers this memwatch with the target's guard, and sends it heartbeats. */
export const enterGuard = async (session: Session, opened: boolean, known?: string): Promise<GuardEntry> => {
  const state: { opened: boolean; client: string } = await evaluate(session, enterSource(known, opened), [], {
    mayNeedRequire: true,
  });
  const { client } = state;
  // this message waits in the target until it runs again
  session.beforeCut(() => void evaluate(session, depart, [client], { closes: true }).catch(() => {}));
  let heap: HeapFigures | undefined;
  const endBeats = atEachBeat(session, async () => {
    heap = (await evaluate(session, beat, [client], { timeoutMs: Infinity })) ?? heap;
  });
  if (state.opened) forgetLogs(session); // otherwise somebody else may want to read them
  return {
    client,
    opened: state.opened,
    heap: () => heap,
    leave: async () => {
      endBeats();
      const closes = await evaluate(session, leave, [client], { timeoutMs: 3000 });
      if (closes) await evaluate(session, end, [], { timeoutMs: 3000, closes: true }).catch(throwIfSilent);
      return closes;
    },
  };
};

/** Closing cuts off its own answer. A target that is silent may close later, and must get no goodbye then: see connection.ts. */
const throwIfSilent = (error: unknown): void => {
  if (error instanceof NoAnswer) throw error;
};

/** The same; if it fails, the session is closed, because a target that ends waits for every client to leave. */
export const enterGuardOrClose = async (session: Session, opened: boolean, known?: string): Promise<GuardEntry> => {
  try {
    return await enterGuard(session, opened, known);
  } catch (error) {
    await session.close();
    throw error;
  }
};

/**
 * The same in a worker. One that has just started is waited for: while Node is loading its own modules there, memwatch could
 * not load them, and should not.
 */
export const enterGuardOfWorker = async (session: Session): Promise<GuardEntry> => {
  for (let triesLeft = 50; ; triesLeft--) {
    try {
      if (triesLeft === 0 || (await evaluate(session, hasBegun))) return await enterGuard(session, false);
    } catch (error) {
      const isStarting = error instanceof MemwatchError && error.code === 'target-error' && triesLeft > 0;
      if (!isStarting) throw error;
    }
    await sleep(20);
  }
};

/** Runs in a worker. Node writes the address of its program there just before it runs it. */
const hasBegun = (): boolean => process.argv.length > 1;

/** To be called if SIGUSR1 may have reached a target whose inspector was already open. */
export const expectSecondAsk = (session: Session): Promise<void> =>
  evaluate(session, () => {
    const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
    guard?.door.expectSecondAsk();
  });

/**
 * Makes every memwatch client leave, including those that were killed; returns how many there were, and whether that closed
 * the inspector.
 */
export const clearGuard = async (session: Session): Promise<{ clients: number; closed: boolean }> => {
  const { clients, closes } = await evaluate(session, clear);
  if (closes) await evaluate(session, end, [], { timeoutMs: 3000, closes: true }).catch(() => {});
  return { clients, closed: closes };
};

/** Closes the inspector, whoever opened it. */
export const closeInspector = async (session: Session): Promise<void> => {
  const close = (): void => (process.getBuiltinModule ?? require)('node:inspector').close();
  await evaluate(session, close, [], { timeoutMs: 3000, mayNeedRequire: true, closes: true }).catch(() => {});
};

/** A call of `enter` that includes the door's source: code that runs in a target can refer to no other function of memwatch. */
const enterSource = (client: string | undefined, opened: boolean): string =>
  `(${String(enter)})(${[client ?? null, opened, limits].map((arg) => JSON.stringify(arg)).join(',')},${String(createDoor)})`;

/**
 * Runs in the target. Nothing that a timer calls may throw: that would end the target. What closes the inspector runs at
 * once, not in a timer, which a target that is always busy would never run.
 *
 * A command of memwatch's runs as an interrupt, at any loop or call of the target's JavaScript: possibly in the middle of
 * Node's own code that orders its timers (a heap of lists, in JavaScript). A timer that is set or cleared at that moment
 * changes a heap that is only half reordered, which could lose one of the target's timers. None was lost in 35,000 tries on
 * Node 20 to 26 with thousands of timers being set and cleared, but nothing rules it out. So timers are only touched
 * through `soon`: in a promise reaction, which V8 runs at points where any program's code may set timers. A target too busy
 * for that would run no timer either.
 */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
const enter = (
  known: string | null,
  opened: boolean,
  limits: { tickMs: number; missedTicks: number },
  createDoor: (frame: DoorFrame) => Door,
) => {
  const key = Symbol.for('memwatch');
  const install = (): Guard => {
    const builtin: Guard['builtin'] = process.getBuiltinModule?.bind(process) ?? require;
    const timers = builtin('node:timers');
    const quietly = (undo: () => void): void => {
      try {
        undo();
      } catch {
        // an undo step that fails must not harm the target
      }
    };
    const soon = async (work: () => void): Promise<void> => {
      await undefined;
      quietly(work);
    };
    let timer: NodeJS.Timeout | undefined;
    const guard: Guard = {
      clients: new Map(),
      lastClient: 0,
      door: createDoor({ inspector: builtin('node:inspector'), timers, soon, onOver: () => guard.end() }),
      builtin,
      soon,
      onLeave: (client, undo) => void guard.clients.get(client)?.undos.push(undo),
      leave: (client) => {
        const undos = guard.clients.get(client)?.undos ?? [];
        for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) quietly(undo);
        guard.clients.delete(client);
      },
      end: () => {
        if (guard.clients.size > 0 || !guard.door.close()) return;
        void soon(() => timers.clearInterval(timer));
        Reflect.deleteProperty(process, key);
      },
    };
    const tick = (): void => {
      for (const [name, state] of guard.clients) if (++state.missed > limits.missedTicks) guard.leave(name);
      guard.end();
    };
    // ticks are counted, not seconds: a target that was stopped or blocked for a minute ticks only once afterwards
    void soon(() => void (timer = timers.setInterval(() => quietly(tick), limits.tickMs).unref()));
    Object.defineProperty(process, key, { value: guard, configurable: true });
    return guard;
  };
  const guard: Guard = Reflect.get(process, key) ?? install();
  const client = known ?? String(++guard.lastClient);
  const undos = guard.clients.get(client)?.undos ?? [];
  guard.clients.set(client, { missed: 0, undos });
  if (opened && !guard.door.opened) guard.door.expectSecondAsk();
  guard.door.opened ||= opened;
  return { opened: guard.door.opened, client };
};

const beat = (client: string): HeapFigures | undefined => {
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  const state = guard?.clients.get(client);
  if (guard === undefined || state === undefined) return undefined;
  state.missed = 0;
  const statistics = guard.builtin('node:v8').getHeapStatistics();
  return { usedBytes: statistics.used_heap_size, limitBytes: statistics.heap_size_limit };
};

const leave = (client: string): boolean => {
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  guard?.leave(client);
  if (guard === undefined || guard.clients.size > 0) return false;
  if (!guard.door.opened) guard.end();
  return guard.door.opened;
};

/**
 * Both steps of leaving at once, for a target that does not answer: it finds this message when it runs again, although
 * memwatch has cut the connection.
 */
const depart = (client: string): void => {
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  guard?.leave(client);
  guard?.end();
};

const clear = (): { clients: number; closes: boolean } => {
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  const clients = [...(guard?.clients.keys() ?? [])];
  for (const client of clients) guard?.leave(client);
  if (guard?.door.opened === false) guard.end();
  return { clients: clients.length, closes: guard?.door.opened === true };
};

const end = (): void => {
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  guard?.end();
};
