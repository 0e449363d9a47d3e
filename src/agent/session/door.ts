/**
 * The door of a target: its inspector, as memwatch opens and closes it from inside. A part of the guard, and like it sent
 * to the target as text, so it uses nothing from outside itself.
 */
import type inspectorModule from 'node:inspector';
import type timersModule from 'node:timers';

export interface Door {
  /** The inspector was opened by memwatch, and is closed with the last client. */
  opened: boolean;
  /** Opens the inspector at a port; 0 is any free one. */
  open(port: number): void;
  /** To be called when SIGUSR1 was sent. */
  expectSecondAsk(): void;
  /** Closes the inspector if memwatch opened it. False where the second ask is still to come: call it again then. */
  close(): boolean;
}

/** Of the target, what the door needs. */
export interface DoorFrame {
  readonly inspector: typeof inspectorModule;
  readonly timers: typeof timersModule;
  /** Runs the work outside interrupts; what it throws is dropped. */
  soon(work: () => void): void;
  /** The second ask is over, and `close` may be called again. */
  onOver(): void;
}

/**
 * Runs in the target. On SIGUSR1 Node asks for the inspector twice: by an interrupt, and by an event of its loop. While
 * the loop is blocked (a busy loop, Atomics.wait, execSync) the interrupt opens it, memwatch comes and leaves, and the
 * event would open it again, for good. So when the code that blocked has returned, and before the loop looks at its
 * events, the inspector is opened here, on any port: the event finds it open and does nothing. It is closed two turns of
 * the loop later, because one turn may have begun before the event.
 */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
export const createDoor = ({ inspector, timers, soon, onOver }: DoorFrame): Door => {
  let secondAsk: 'over' | 'expected' | 'held off' = 'over';
  const finish = (): void => {
    secondAsk = 'over';
    onOver();
  };
  const holdOff = (): void => {
    secondAsk = 'held off';
    timers.setImmediate(() => timers.setImmediate(() => soon(finish)));
    if (inspector.url() !== undefined) return; // a memwatch is still here, or somebody else has opened it
    door.opened = true;
    door.open(0);
  };
  const door: Door = {
    opened: false,
    // Node tells the program of it, and a cluster primary would send SIGUSR1 to its workers: not that message
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
        process.debugPort = debugPort; // opening sets it; a later SIGUSR1 opens the port that it would have opened
      }
    },
    expectSecondAsk: () => {
      if (secondAsk !== 'over') return;
      secondAsk = 'expected';
      soon(holdOff);
    },
    close: () => {
      if (secondAsk === 'held off') return false;
      if (door.opened) inspector.close();
      door.opened = false;
      return secondAsk === 'over';
    },
  };
  return door;
};
