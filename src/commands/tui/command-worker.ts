/**
 * One command of memwatch, run in a thread of its own: what `memwatch leaks 1234 --json` would print, as a message. In:
 * the arguments. Out: progress and warnings while it runs, then the document. The message 'stop' is its Ctrl-C.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { MemwatchError, messageOf } from '../../errors.js';
import type { Io } from '../io.js';
import { runWords } from '../parser.js';
import { explainFile } from '../profile-file.js';
import type { FromCommand } from './messages.js';

if (parentPort === null) throw new Error('command-worker.js runs as a worker thread only');
const port = parentPort;
const send = (message: FromCommand): void => port.postMessage(message);
const stop = new AbortController();
port.once('message', () => stop.abort());

let document: unknown;
const io: Io = {
  signal: stop.signal,
  json: true,
  color: false,
  columns: 100,
  print: (printed) => {
    document = printed;
  },
  endAtOnce: () => {}, // the thread is ended from outside
  afterwards: () => {},
  line: () => {},
  progress: (text) => send({ progress: text }),
  warn: (text) => send({ warning: text }),
};

const { argv } = workerData as { argv: readonly string[] };
try {
  await runWords(argv, io);
  send({ document });
} catch (thrown) {
  const error = await explainFile(thrown, argv);
  const { code, hint } = error instanceof MemwatchError ? error : { code: 'bug', hint: undefined };
  send({ error: { code, message: messageOf(error), hint } });
}
port.unref(); // the thread may end now
