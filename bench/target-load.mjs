// The load of target-cost.mjs, in a separate process so that it shares no thread with what is measured. In: a port and the
// server's pid. It keeps 16 requests in flight over 8 raw connections (otherwise the server's waiting for its client would
// be measured), and answers `read` with the number of requests served and the CPU time that the server's threads have
// used. After `rest` it sends nothing until `go`.
import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';

const [port, pid] = process.argv.slice(2).map(Number);
const request = 'GET / HTTP/1.1\r\nHost: bench\r\n\r\n';
const end = Buffer.from('-end'); // in every response of the server
let served = 0;
/** What is sent at `go`; undefined: nothing waits. */
let resting;

for (let i = 0; i < 8; i++) {
  const socket = net.connect(port, '127.0.0.1', () => socket.write(request + request));
  socket.setNoDelay(true); // otherwise a request may wait 40 ms for the response to the one before
  let tail = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    const data = Buffer.concat([tail, chunk]);
    let answers = 0;
    let from = 0;
    for (let at = data.indexOf(end); at >= 0; at = data.indexOf(end, from)) {
      answers++;
      from = at + end.length;
    }
    tail = data.subarray(Math.max(from, data.length - end.length + 1));
    served += answers;
    if (answers === 0) return;
    const next = () => socket.write(request.repeat(answers));
    if (resting === undefined) next();
    else resting.push(next);
  });
  socket.on('close', () => process.exit(0)); // the server has ended
  socket.on('error', () => {}); // `close` follows
}

/** Nanoseconds of CPU time, as counted by the kernel. */
const cpuOf = (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);

const cpuOfAll = () => {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += cpuOf(thread);
    } catch {} // it has just ended
  }
  return nanoseconds;
};

const orders = {
  read: () => process.send({ served, mainNs: cpuOf(pid), allNs: cpuOfAll(), atMs: performance.now() }),
  rest: () => (resting ??= []),
  go: () => {
    const waiting = resting ?? [];
    resting = undefined;
    for (const send of waiting) send();
  },
};
process.on('message', (order) => orders[order]());
process.on('disconnect', () => process.exit(0));
