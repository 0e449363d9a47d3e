// npm run demo: starts a service that leaks, attaches to it by its process id as one would in production, and prints what
// leaks and where. Takes about half a minute; ends the service afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const run = (args, stdio) => spawn(process.execPath, args, { stdio });

const service = run(['samples/dist/growing-cache.js', '1000'], ['ignore', 'pipe', 'ignore']);
const stop = () => service.kill('SIGKILL');
process.on('exit', stop);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

await once(createInterface(service.stdout), 'line');
console.log(`started samples/dist/growing-cache.js as process ${service.pid}; now, as in production:\n`);
console.log(`$ memwatch leaks ${service.pid} --interval 2s\n`);
const memwatch = run(['dist/cli.js', 'leaks', String(service.pid), '--interval', '2s'], 'inherit');
const [code] = await once(memwatch, 'exit');
process.exitCode = code ?? 1;
stop();
