// The HTTP server that target-cost.mjs measures, and its load, each pinned to a core of its own if there are two.
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

// about 100 us of JavaScript per request, with the usual mix: objects, strings, JSON, a little arithmetic
const server = `
const http = require('node:http');
function item(i) { return { id: i, name: 'item ' + i, tags: ['a', 'b', String(i % 7)] }; }
function handle(req, res) {
  const items = [];
  for (let i = 0; i < 40; i++) items.push(item(i));
  const text = JSON.stringify(items);
  const hash = [...text].reduce((h, c) => (h * 31 + c.charCodeAt(0)) | 0, 7);
  res.end(JSON.stringify({ items: JSON.parse(text).length, hash }) + '-end');
}
const s = http.createServer({ keepAliveTimeout: 0 }, handle).listen(0, '127.0.0.1', () => console.log(s.address().port));
`;

const canPin = () => {
  try {
    execFileSync('taskset', ['-c', '1', 'true'], { stdio: 'ignore' });
    return availableParallelism() > 1;
  } catch {
    return false;
  }
};

/** For Linux' scheduler, each session is a group, and the group's priority is what counts. */
const putFirst = (pid) => {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`))
      setPriority(Number(thread), constants.priority.PRIORITY_HIGHEST);
    const group = `/proc/${pid}/autogroup`;
    if (existsSync(group)) writeFileSync(group, String(constants.priority.PRIORITY_HIGHEST));
    return true;
  } catch {
    return false; // this user may not do it
  }
};

export const pinned = canPin();

export const startServer = async (binary, flags = []) => {
  const command = [...(pinned ? ['taskset', '-c', '1'] : []), binary, ...flags, '--inspect-port=0', '-e', server];
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const [port] = await once(child.stdout, 'data');
  const first = putFirst(child.pid);
  process.once('exit', () => child.kill());
  const file = fileURLToPath(new URL('target-load.mjs', import.meta.url));
  const load = fork(file, [String(port).trim(), child.pid], { detached: true });
  if (pinned) execFileSync('taskset', ['-a', '-p', '-c', '0', String(load.pid)], { stdio: 'ignore' });
  putFirst(load.pid); // a server that waits for its load is not busy
  const read = async () => {
    load.send('read');
    return (await once(load, 'message'))[0];
  };
  return { child, load, read, first };
};
