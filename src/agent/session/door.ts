/**
 * The door of a target: its inspector, as memwatch opens and closes it from inside. It is part of the guard and, like the
 * guard, is sent to the target as text, so it uses nothing from outside itself.
 */
import type inspectorModule from 'node:inspector';
import type timersModule from 'node:timers';

export interface Door {
  /** memwatch opened the inspector, so it is closed with the last client. */
  opened: boolean;
  /** Opens the inspector at a port; 0 means any free one. */
  open(port: number): void;
  /** To be called when SIGUSR1 was sent. */
  expectSecondAsk(): void;
  /**
   * Closes the inspector if memwatch opened it. Returns false if Node's second request to open it may still come: call it
   * again when `onOver` says that it has passed.
   */
  close(): boolean;
}

/** What the door needs from its surroundings in the target. */
export interface DoorFrame {
  readonly inspector: typeof inspectorModule;
  readonly timers: typeof timersModule;
  /** Runs the work outside interrupts; errors that it throws are dropped. */
  soon(work: () => void): void;
  /** The second request has passed, and `close` may be called again. */
  onOver(): void;
}

/**
 * Runs in the target. On SIGUSR1, Node requests the inspector twice: by an interrupt, and by an event of its loop. While
 * the loop is blocked (a busy loop, Atomics.wait, execSync), the interrupt opens the inspector, and memwatch may attach and
 * leave; the event would then open it again, for good. So when the blocking code has returned, and before the loop handles
 * its events, the inspector is opened here on any port: the event finds it open and does nothing. It is closed two turns of
 * the loop later, because one turn may have begun before the event.
 *
 * Promises that follow one another without end keep the loop from turning, too, and what is opened here would stay open as
 * long as they do. So if memwatch leaves meanwhile, the inspector closes at once; the event may open it again when the loop
 * turns at last, and two turns later it is closed for good.
 */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
export const createDoor = ({ inspector, timers, soon, onOver }: DoorFrame): Door => {
  let secondAsk: 'over' | 'expected' | 'held off' = 'over';
  let mayReopen = false;
  const finish = (): void => {
    secondAsk = 'over';
    if (mayReopen && inspector.url() !== undefined) door.opened = true;
    mayReopen = false;
    onOver();
  };
  const holdOff = (): void => {
    secondAsk = 'held off';
    timers.setImmediate(() => timers.setImmediate(() => soon(finish)));
    if (inspector.url() !== undefined) return; // another memwatch is attached, or someone else has opened it
    door.opened = true;
    door.open(0);
  };
  /** V8 keeps the last 1,000 messages that were logged while a session was connected, with all that they hold. */
  const forgetLogs = (): void => {
    if (inspector.url() !== undefined) return; // somebody else may want to read them
    const session = new inspector.Session();
    session.connect();
    session.post('Runtime.discardConsoleEntries');
    session.disconnect();
  };
  const door: Door = {
    opened: false,
    // Node emits an internal message when it opens the inspector, on which a cluster primary sends SIGUSR1 to its workers:
    // that message is suppressed
    open: (port) => {
      const { debugPort, emit } = process;
      const own = Object.getOwnPropertyDescriptor(process, 'emit');
      const mute = (...event: unknown[]): unknown =>
        event[0] !== 'internalMessage' && Reflect.apply(emit, process, event);
      Object.defineProperty(process, 'emit', { value: mute, configurable: true, writable: true });
      try {
        inspector.open(port, '127.0.0.1', false);
      } finally {
        if (own === undefined) Reflect.deleteProperty(process, 'emit');
        else Object.defineProperty(process, 'emit', own);
        process.debugPort = debugPort; // opening the inspector changes it; a later SIGUSR1 shall open the same port as before
      }
    },
    expectSecondAsk: () => {
      if (secondAsk !== 'over') return;
      secondAsk = 'expected';
      soon(holdOff);
    },
    close: () => {
      if (door.opened) inspector.close();
      if (door.opened && secondAsk === 'held off') mayReopen = true;
      door.opened = false;
      if (secondAsk !== 'over') return false;
      soon(forgetLogs);
      return true;
    },
  };
  return door;
};
