/**
 * The guard: the one thing that memwatch puts into a target. It knows which memwatches are looking, and undoes what one
 * of them did when that one leaves, or is gone without a word (killed, connection lost): each sends a beat every two
 * seconds, and ten seconds without one count as gone. With the last one it takes itself away, and closes the inspector
 * if it was memwatch that opened it. It hangs on `process` under a symbol that no loop over keys shows.
 */
import { createDoor, type Door, type DoorFrame } from './door.js';
import { evaluate } from './evaluate.js';
import type { Session } from './protocol.js';

/** What functions that run in a target find as `Reflect.get(process, Symbol.for('memwatch'))`. */
export interface Guard {
  readonly clients: Map<string, { missed: number; undos: (() => void)[] }>;
  /** Clients are numbered, so that what runs here has the same text each time: V8 keeps every other text it compiled. */
  lastClient: number;
  readonly door: Door;
  /** process.getBuiltinModule, also on Node 18. */
  readonly builtin: NodeJS.Process['getBuiltinModule'];
  /** For timers, see below. Throws nothing. */
  soon(work: () => void): Promise<void>;
  /** Registers what to undo in the target when the client leaves or is gone. */
  onLeave(client: string, undo: () => void): void;
  leave(client: string): void;
  /** With the last client gone: takes the guard away, and closes the inspector if memwatch opened it. */
  end(): void;
  /** Set by preload.cts when Ctrl-C reached a program that memwatch started. */
  interrupted?: boolean;
}

const beatMs = 2000;
const limits = { tickMs: 1000, missedTicks: 10 };

export interface GuardEntry {
  /** This memwatch's name in the target: what `onLeave` wants. */
  readonly client: string;
  /** The inspector was opened by this or another memwatch. */
  readonly opened: boolean;
  /** Undoes everything that was registered in the target; answers whether the inspector is closed by it. */
  leave(): Promise<boolean>;
}

/** Registers this memwatch with the target's guard, and keeps telling it that it is alive. */
export const enterGuard = async (session: Session, opened: boolean, known?: string): Promise<GuardEntry> => {
  session.beforeCut(() => void evaluate(session, depart, [client]).catch(() => {})); // a message that waits there
  const state: { opened: boolean; client: string } = await evaluate(session, enterSource(known, opened), [], {
    commandLineApi: true,
  });
  const { client } = state;
  let waiting = false;
  const sendBeat = async (): Promise<void> => {
    if (waiting) return; // a target that stands still gets one beat, not one for every two seconds
    waiting = true;
    await evaluate(session, beat, [client], { timeoutMs: Infinity }).catch(() => {});
    waiting = false;
  };
  const timer = setInterval(() => void sendBeat(), beatMs).unref();
  session.closed.addEventListener('abort', () => clearInterval(timer), { once: true });
  return {
    client,
    opened: state.opened,
    leave: async () => {
      clearInterval(timer);
      const closes = await evaluate(session, leave, [client], { timeoutMs: 3000 });
      if (closes) await evaluate(session, end, [], { timeoutMs: 3000 }).catch(() => {}); // closing cuts its own answer
      return closes;
    },
  };
};

/** To be called where SIGUSR1 may have reached a target that was open already. */
export const expectSecondAsk = (session: Session): Promise<void> =>
  evaluate(session, () => {
    const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
    guard?.door.expectSecondAsk();
  });

/** Makes every memwatch leave, also those that were killed; answers how many there were, and whether that closed the inspector. */
export const clearGuard = async (session: Session): Promise<{ clients: number; closed: boolean }> => {
  const { clients, closes } = await evaluate(session, clear);
  if (closes) await evaluate(session, end, [], { timeoutMs: 3000 }).catch(() => {});
  return { clients, closed: closes };
};

/** Closes the inspector whoever opened it. */
export const closeInspector = async (session: Session): Promise<void> => {
  const close = (): void => (process.getBuiltinModule ?? require)('node:inspector').close();
  // closing cuts its own answer
  await evaluate(session, close, [], { timeoutMs: 3000, commandLineApi: true }).catch(() => {});
};

/** `enter` called with the door's source, because what runs in a target knows no other function of memwatch's. */
const enterSource = (client: string | undefined, opened: boolean): string =>
  `(${String(enter)})(${[client ?? null, opened, limits].map((arg) => JSON.stringify(arg)).join(',')},${String(createDoor)})`;

/**
 * Runs in the target. Nothing that a timer calls may throw: that would end the target. What closes the inspector runs at
 * once and not by a timer, which a target that is busy for ever would never come to.
 *
 * A command of memwatch's comes as an interrupt, at any loop or call of the target's JavaScript, so also in the midst of
 * Node's own code that orders its timers (a heap of lists, in JavaScript). A timer that is set or cleared there works on a
 * heap that is half reordered, and could lose one of the target's. None was lost in 35,000 times on Node 20 to 26 with
 * thousands of timers set and cleared all the while, but nothing forbids it. So timers are touched `soon`: by a promise
 * reaction, which V8 runs where any program's code may set timers. A target too busy for that would run no timer either.
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
        // what cannot be undone must not harm the target
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
    // ticks are counted, not seconds: a target that was stopped or blocked for a minute ticks once after it
    void soon(() => void (timer = timers.setInterval(() => quietly(tick), limits.tickMs).unref()));
    Object.defineProperty(process, key, { value: guard, configurable: true });
    return guard;
  };
  const found: Guard | undefined = Reflect.get(process, key);
  const guard = found ?? install();
  const client = known ?? String(++guard.lastClient);
  const undos = guard.clients.get(client)?.undos ?? [];
  guard.clients.set(client, { missed: 0, undos });
  if (opened && !guard.door.opened) guard.door.expectSecondAsk();
  guard.door.opened ||= opened;
  return { opened: guard.door.opened, client };
};

const beat = (client: string): void => {
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  const state = guard?.clients.get(client);
  if (state !== undefined) state.missed = 0;
};

const leave = (client: string): boolean => {
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  guard?.leave(client);
  if (guard === undefined || guard.clients.size > 0) return false;
  if (!guard.door.opened) guard.end();
  return guard.door.opened;
};

/** Both steps of leaving in one, for a target that does not answer now: it comes to this message before it is cut off. */
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
