/**
 * The HTTP server of `memwatch serve`. In: the served processes. Out: `/metrics` for Prometheus, and `/debug/pprof/…` for
 * `go tool pprof`, Parca and Grafana's agents. It answers only GET. It refuses requests for another host name, which a web
 * page could make a browser send, and requests without the token if there is one.
 */
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { MemwatchError, messageOf } from '../../errors.js';
import { prometheusType, renderPrometheus } from '../../report/prometheus.js';
import type { CaptureTurn } from './capture-turn.js';
import { metricsOf } from './metrics.js';
import { captureProfile, profileKinds, type ProfileKind } from './profiles.js';
import type { ServedProcess } from './served.js';
import type { Suspects } from './suspects.js';

export interface ServeOptions {
  /** Without it the server listens where only this machine can connect. */
  readonly token: string | undefined;
  readonly allowCaptures: boolean;
  readonly turn: CaptureTurn;
  readonly suspectsOf: Suspects['of'] | undefined;
  /** Listens on a Unix socket, which only its owner can open. */
  readonly isSocket: boolean;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const seconds = { usual: 10, most: 300 };

export const createMetricsServer = (list: () => readonly ServedProcess[], options: ServeOptions): Server => {
  const capture = async (kind: ProfileKind, query: URLSearchParams, gone: AbortSignal): Promise<Answer> => {
    if (!options.allowCaptures) return text(403, 'captures are off: start memwatch serve with --allow-captures');
    const chosen = chosenProcess(list(), query.get('pid'));
    if ('status' in chosen) return chosen;
    const length = Number(query.get('seconds') ?? seconds.usual);
    if (!(length >= 1 && length <= seconds.most)) return text(400, `seconds: give 1 to ${seconds.most}`);
    const body = await options.turn.take(() => captureProfile(chosen.attachment, kind, length * 1000, gone));
    if (body === undefined)
      return { ...text(503, 'another capture is running'), headers: { 'retry-after': String(seconds.usual) } };
    const headers = {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${kind}.pb.gz"`,
    };
    return { status: 200, body, headers };
  };
  const answer = async (request: IncomingMessage, gone: AbortSignal): Promise<Answer> => {
    const refused = refuse(request, options);
    if (refused !== undefined) return refused;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/metrics') return { status: 200, body: renderPrometheus(metricsOf(list(), options.suspectsOf)), headers: { 'content-type': prometheusType } }; // prettier-ignore
    if (pathname === '/' || pathname === '/debug/pprof/') return text(200, overview(list()));
    const kind = profileKinds.find((one) => pathname === `/debug/pprof/${one}`);
    return kind === undefined ? text(404, 'there are /metrics, /debug/pprof/profile, …/allocs and …/heap') : capture(kind, searchParams, gone); // prettier-ignore
  };
  return createServer({ requestTimeout: 10_000, maxHeaderSize: 16_384 }, (request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    answer(request, AbortSignal.any([gone.signal, options.signal]))
      .catch(failure)
      .then((one) => send(response, one, request.method === 'HEAD'));
  });
};

const text = (status: number, line: string): Answer => ({ status, body: `${line}\n` });

const failure = (error: unknown): Answer => {
  if (error instanceof MemwatchError) return text(500, error.message);
  return text(500, `a bug of memwatch: ${messageOf(error)}`);
};

const send = (response: ServerResponse, { status, body, headers }: Answer, headOnly: boolean): void => {
  const plain = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  response.writeHead(status, { ...plain, ...headers });
  response.end(headOnly ? undefined : body);
};

const refuse = (request: IncomingMessage, { token, isSocket }: ServeOptions): Answer | undefined => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET is answered');
  if (token !== undefined) {
    if (isToken(request.headers.authorization ?? '', token)) return undefined;
    return { ...text(401, 'give the token: Authorization: Bearer …'), headers: { 'www-authenticate': 'Bearer' } };
  }
  if (isSocket || isOwnName(request.headers.host ?? '')) return undefined;
  return text(403, 'ask for localhost or an IP address');
};

const isToken = (header: string, token: string): boolean => {
  const [given, wanted] = [Buffer.from(header), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
};

/** A page of another site can make a browser connect to this machine, but only under the name of that site. */
const isOwnName = (host: string): boolean => {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || isIP(name) !== 0;
};

const chosenProcess = (served: readonly ServedProcess[], pid: string | null): ServedProcess | Answer => {
  if (pid === null && served.length === 1 && served[0] !== undefined) return served[0];
  const found = served.find((one) => one.labels['pid'] === pid);
  if (found !== undefined) return found;
  return text(pid === null ? 400 : 404, `name one with ?pid=\n${overview(served)}`);
};

const overview = (served: readonly ServedProcess[]): string =>
  served.length === 0
    ? 'no process is served now'
    : served.map(({ labels }) => `pid=${labels['pid']} ${labels['script']}`).join('\n');
