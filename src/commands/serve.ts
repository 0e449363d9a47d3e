/** `memwatch serve`: metrics of Node processes for Prometheus, and their profiles for pprof, without a change to them. */
import { readRegularFile } from '../input.js';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { isIP } from 'node:net';
import { cannotRead, MemwatchError, messageOf } from '../errors.js';
import { escapeText, formatThings } from '../report/units.js';
import { allOption, targetForms } from './choose-target.js';
import { finderOf } from './follow.js';
import type { Arguments, Command, Io } from './io.js';
import { createCaptureTurn, type CaptureTurn } from './serve/capture-turn.js';
import { pushMetrics } from './serve/otlp.js';
import { parsePushTarget, pushProfiles, type PushTarget } from './serve/pyroscope.js';
import { serveProcesses, type ServedProcess } from './serve/served.js';
import { searchForSuspects } from './serve/suspects.js';
import { createMetricsServer } from './serve/server.js';

export const serveCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('targets', { type: 'string', array: true, describe: `one or more: ${targetForms}` })
      .option('all', allOption)
      .option('port', { type: 'number', default: 9464, describe: 'TCP port to listen on' })
      .option('host', { type: 'string', default: '127.0.0.1', describe: 'address to listen on; any other than loopback needs a token' })
      .option('socket', { type: 'string', describe: 'listen on this Unix socket instead; only you can open it' })
      .option('token-file', { type: 'string', describe: 'file with the token that clients must send (or MEMWATCH_TOKEN)' })
      .option('allow-captures', { type: 'boolean', describe: 'also serve /debug/pprof/profile, allocs and heap, and look for leaks where the heap grows' })
      .option('otlp', { type: 'string', describe: 'also push the metrics to this address by OTLP, such as http://127.0.0.1:4318/v1/metrics' })
      .option('push', { type: 'string', describe: 'also push CPU profiles to this server of Pyroscope (token: MEMWATCH_PUSH_TOKEN)' })
      .option('push-tenant', { type: 'string', describe: 'the tenant there (X-Scope-OrgID)' })
      .example('$0 serve server.js', 'http://127.0.0.1:9464/metrics for Prometheus')
      .example('$0 serve --all --allow-captures', "go tool pprof 'http://127.0.0.1:9464/debug/pprof/profile?seconds=10&pid=1234'"), // prettier-ignore
  run: async (args, io) => {
    const token = tokenOf(args);
    const place = placeOf(args, token);
    const receivers = { push: pushOf(args), otlp: otlpOf(args) };
    const served = await serveProcesses(finderOf(args, io), io);
    const turn = createCaptureTurn();
    const ending = new AbortController();
    const allowCaptures = args['allow-captures'] === true;
    const work = { ...io, signal: AbortSignal.any([io.signal, ending.signal]), progress: () => {} };
    const suspects = allowCaptures ? searchForSuspects(served.list, turn, work) : undefined;
    const server = createMetricsServer(served.list, {
      token,
      allowCaptures,
      turn,
      suspectsOf: suspects?.of,
      isSocket: args['socket'] !== undefined,
      signal: io.signal,
    });
    let stopPushing: (() => Promise<void>) | undefined;
    try {
      stopPushing = await startPushing(served.list, receivers, turn, work);
      const address = await listen(server, place);
      io.print({ schema: 'memwatch/serve@1', address }, () => `${escapeText(address)}: metrics of ${formatThings(served.list().length, 'process', 'processes')}; Ctrl-C ends it`); // prettier-ignore
      if (!io.signal.aborted) await once(io.signal, 'abort');
    } finally {
      server.close();
      server.closeAllConnections();
      ending.abort();
      await suspects?.ended;
      await Promise.all([stopPushing?.(), served.stop()]); // no receiver keeps a process waiting
    }
  },
};

interface Receivers {
  readonly push: PushTarget | undefined;
  readonly otlp: string | undefined;
}

/** Until the signal is aborted; returns how to wait for the end. Throws `not-found` if a package is missing. */
const startPushing = async (
  list: () => readonly ServedProcess[],
  { push, otlp }: Receivers,
  turn: CaptureTurn,
  { signal, ...io }: Io,
): Promise<() => Promise<void>> => {
  const stopMetrics = otlp === undefined ? undefined : await pushMetrics(list, otlp);
  const warn = (text: string): void => io.warn(escapeText(text));
  const pushing = push === undefined ? undefined : pushProfiles(list, push, turn, signal, warn);
  return async () => {
    await Promise.all([stopMetrics?.(), pushing]);
  };
};

const pushOf = (args: Arguments): PushTarget | undefined => {
  const tenant = args['push-tenant'] as string | undefined;
  const token = process.env['MEMWATCH_PUSH_TOKEN'];
  return args['push'] === undefined ? undefined : parsePushTarget(String(args['push']), tenant, token);
};

const otlpOf = (args: Arguments): string | undefined => {
  if (args['otlp'] === undefined) return undefined;
  const text = String(args['otlp']);
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new MemwatchError('bad-argument', `--otlp ${text} is no address of a web server`, {
    hint: 'the usual one is http://127.0.0.1:4318/v1/metrics',
  });
};

const tokenOf = (args: Arguments): string | undefined => {
  const file = args['token-file'] as string | undefined;
  const token = file === undefined ? process.env['MEMWATCH_TOKEN'] : readToken(file);
  if (token === undefined) return undefined;
  if (token.length >= 16) return token;
  throw new MemwatchError('bad-argument', 'the token is shorter than 16 characters', {
    hint: 'make one: openssl rand -hex 16',
  });
};

const readToken = (file: string): string => {
  try {
    return readRegularFile(file).toString('utf8').trim();
  } catch (cause) {
    throw cannotRead(file, cause);
  }
};

type Place = { readonly path: string } | { readonly host: string; readonly port: number };

const placeOf = (args: Arguments, token: string | undefined): Place => {
  if (args['socket'] !== undefined) return { path: String(args['socket']) };
  const [host, port] = [String(args['host']), Number(args['port'])];
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new MemwatchError('bad-argument', `--port ${args['port']}: give 0 to 65535`);
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (isLoopback || token !== undefined) return { host, port };
  throw new MemwatchError('bad-argument', `--host ${host}: others could read it without a token`, {
    hint: 'give one with --token-file FILE or in MEMWATCH_TOKEN',
  });
};

/** Returns where it listens. */
const listen = async (server: Server, place: Place): Promise<string> => {
  const umask = process.umask(0o177); // a Unix socket belongs to its owner from its first moment
  try {
    server.listen(place);
    await once(server, 'listening');
  } catch (cause) {
    const where = 'path' in place ? place.path : `${place.host}:${place.port}`;
    throw new MemwatchError('cannot-write', `cannot listen on ${where}: ${messageOf(cause)}`, {
      hint: 'path' in place ? 'name a socket that does not exist' : 'choose another --port; 0 takes a free one',
      cause,
    });
  } finally {
    process.umask(umask);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') return String(address);
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
};
