/**
 * `--push URL` of `memwatch serve`: CPU profiles for Pyroscope, by `POST /ingest`. In: the served processes. Out: of each in
 * turn ten seconds of CPU, at most once a minute. While the server does not take them, nothing is captured.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MemwatchError, messageOf } from '../../errors.js';
import type { CaptureTurn } from './capture-turn.js';
import { captureProfile } from './profiles.js';
import { createPushQueue, type PushRequest } from './push-queue.js';
import type { ServedProcess } from './served.js';

export interface PushTarget {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Of one profile, and from the begin of one to the next of the same process. */
  readonly durationMs: number;
  readonly everyMs: number;
}

/** A name and a password in the address are sent as basic authentication. Throws `bad-argument`. */
export const parsePushTarget = (text: string, tenant: string | undefined, token: string | undefined): PushTarget => {
  const server = URL.canParse(text) ? new URL(text) : undefined;
  if (server === undefined || !/^https?:$/.test(server.protocol))
    throw new MemwatchError('bad-argument', `--push ${text} is no address of a web server`, {
      hint: 'write one that begins with https:// or http://, such as http://pyroscope:4040',
    });
  const basic = Buffer.from(`${decodeURIComponent(server.username)}:${decodeURIComponent(server.password)}`);
  const authorization = token !== undefined ? `Bearer ${token}` : server.username === '' ? undefined : `Basic ${basic.toString('base64')}`; // prettier-ignore
  [server.username, server.password] = ['', ''];
  return {
    server,
    headers: { ...(authorization === undefined ? {} : { authorization }), ...(tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }) }, // prettier-ignore
    durationMs: 10_000,
    everyMs: 60_000,
  };
};

const sampling = { intervalUs: 10_000, perSecond: 100 };

/** Until the signal is aborted. */
export const pushProfiles = async (
  list: () => readonly ServedProcess[],
  target: PushTarget,
  turn: CaptureTurn,
  signal: AbortSignal,
  warn: (text: string) => void,
): Promise<void> => {
  const queue = createPushQueue(signal, warn);
  const failed = new Set<string>();
  while (!signal.aborted) {
    const begun = Date.now();
    for (const one of list()) {
      if (signal.aborted || !queue.isKeepingUp) break;
      const from = Date.now();
      const capture = (): Promise<Uint8Array> => captureProfile(one.attachment, 'profile', target.durationMs, signal, sampling.intervalUs); // prettier-ignore
      const profile = await turn.take(capture).catch((error: unknown) => {
        const text = `--push: process ${one.labels['pid']}: ${messageOf(error)}`;
        if (!signal.aborted && !failed.has(text)) warn(text);
        failed.add(text);
      });
      if (profile !== undefined && !signal.aborted) queue.add(requestOf(one, profile, from, target));
    }
    const restMs = Math.max(1000, begun + target.everyMs - Date.now());
    await sleep(restMs, undefined, { signal }).catch(() => {});
  }
  await queue.sending;
};

export const requestOf = (
  { labels }: Pick<ServedProcess, 'labels'>,
  profile: Uint8Array,
  fromMs: number,
  { server, headers, durationMs }: PushTarget,
): PushRequest => {
  const url = new URL(`${server.pathname.replace(/\/$/, '')}/ingest${server.search}`, server);
  const [script = 'node', pid = ''] = [labels['script'], labels['pid']];
  const name = script
    .split('/')
    .at(-1)
    ?.replace(/\.[cm]?[jt]s$/, '');
  const query = {
    name: `${plain(name ?? '') || 'node'}{pid=${plain(pid)}}`,
    from: String(Math.floor(fromMs / 1000)),
    until: String(Math.ceil((fromMs + durationMs) / 1000)),
    spyName: 'nodespy',
    sampleRate: String(sampling.perSecond),
  };
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  const form = new FormData();
  form.set('profile', new Blob([Uint8Array.from(profile)]), 'profile.pb.gz');
  return { url, headers, form };
};

/** Characters that have no meaning in a name with labels. */
const plain = (text: string): string => text.replaceAll(/[^\w.-]+/g, '_');
