/**
 * Borrows a port that the inspector of another Node process holds although no client uses it (a forgotten `node --inspect`).
 * For a moment that inspector closes, the target opens its own there and moves it away, and the lender opens its inspector
 * again. In: the port and the borrower. Does nothing if a debugger is connected, or if the lender might not open its port
 * again.
 */
import { evaluate, turnOfLoop } from '../session/evaluate.js';
import { connectToProcess } from './inspector.js';
import { webSocketUrlAt } from './web-socket-url.js';
import { missingForInspector } from '../process/inspector-needs.js';
import { readProcess } from '../process/proc.js';
import { barrierOf } from './safety.js';
import { holdersOf, listeningPorts } from '../process/sockets.js';

const lendMs = 1500;

interface Lender {
  readonly pid: number;
  /** The address of its inspector. */
  readonly url: string;
}

/**
 * The process that could lend the port: a Node that memwatch may attach to, with an inspector on 127.0.0.1 that no debugger
 * uses.
 */
export const findLender = async (port: number, borrower: number): Promise<Lender | undefined> => {
  const { pids, connections } = holdersOf(port, borrower);
  const [pid] = pids;
  if (pids.length !== 1 || pid === undefined || pid === borrower || connections > 0) return undefined;
  const status = readProcess(pid);
  if (status === undefined || barrierOf(status) !== undefined || missingForInspector(pid) !== undefined)
    return undefined;
  const listeners = listeningPorts(pid).filter((listener) => listener.port === port);
  if (!listeners.every(({ host, loopback }) => loopback && host === '127.0.0.1')) return undefined;
  const url = await webSocketUrlAt('127.0.0.1', port, { seenBy: pid });
  return url === undefined ? undefined : { pid, url };
};

/** Returns when the port is free, or at once if there is no lender. */
export const borrowPort = async (
  port: number,
  borrower: number,
  onProgress?: (text: string) => void,
): Promise<void> => {
  const lender = await findLender(port, borrower);
  if (lender === undefined) return;
  onProgress?.(`borrowing port ${port} for a moment from process ${lender.pid}, whose inspector no client uses`);
  const session = await connectToProcess(lender.url, lender.pid);
  try {
    await evaluate(session, turnOfLoop, [], { awaitPromise: true, timeoutMs: 500 }); // a busy lender would not open again in time
    await evaluate(session, lend, [port, lendMs], { mayNeedRequire: true, closes: true });
  } catch {
    // no answer, or closing cut it off: the port is checked from outside instead
  } finally {
    await session.close();
  }
};

/** Runs in the lender. Nothing that its timer calls may throw. */
const lend = (port: number, lendMs: number): void => {
  const builtin: NodeJS.Process['getBuiltinModule'] = process.getBuiltinModule ?? require;
  const inspector = builtin('node:inspector');
  const timers = builtin('node:timers');
  const takeBack = (triesLeft: number): void => {
    try {
      if (inspector.url() === undefined) inspector.open(port, '127.0.0.1', false);
    } catch {
      // whether it is open is checked below
    }
    if (inspector.url() === undefined && triesLeft > 0) timers.setTimeout(takeBack, 500, triesLeft - 1).unref();
  };
  const begin = async (): Promise<void> => {
    await undefined; // timers must not be set in an interrupt, see guard.ts
    timers.setTimeout(takeBack, lendMs, 20).unref();
  };
  void begin();
  inspector.close();
};
