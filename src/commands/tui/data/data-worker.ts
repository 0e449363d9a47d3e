/**
 * The thread that holds captures and replies to requests about them, so that the screen never waits. In: requests. Out:
 * replies and events. A request for rows makes the one before it stale: the screen shows one list at a time.
 */
import { parentPort } from 'node:worker_threads';
import { MemwatchError, messageOf } from '../../../errors.js';
import { Datasets } from './datasets.js';
import type { FromWorker, ToWorker } from '../messages.js';

if (parentPort === null) throw new Error('data-worker.js runs as a worker thread only');
const port = parentPort;
const send = (message: FromWorker): void => port.postMessage(message);

const datasets = new Datasets((event) => send({ event }));
let lastRows = 0;

const answer = async (request: ToWorker): Promise<unknown> => {
  switch (request.ask) {
    case 'check':
      return datasets.check(request.files);
    case 'open':
      return datasets.open(request.files, request);
    case 'openAside':
      return datasets.openAside(request.file);
    case 'show':
      return datasets.show(request.report);
    case 'now':
      return datasets.showNow(request.captures);
    case 'rows':
      lastRows = request.id;
      return datasets.rows(request.query, request.order, request.window, () => lastRows === request.id);
    case 'detail':
      return datasets.detail(request.query);
  }
};

port.on('message', (request: ToWorker) => {
  const { id } = request;
  answer(request).then(
    (value) => send({ id, answer: value }),
    (error: unknown) => {
      const { code, hint } = error instanceof MemwatchError ? error : { code: 'cannot-read' as const, hint: undefined };
      send({ id, error: { code, message: messageOf(error), hint } });
    },
  );
});
