/**
 * Tells people that `memwatch watch` has captured something. In: an event. Out: a command that was run, with the folder and
 * the reason in its environment, or a request with the event as JSON. What fails is a warning: memwatch watches on.
 */
import { once } from 'node:events';
import { plainEnvironment } from '../../agent/process/plain-environment.js';
import { writeJson } from '../../analyzer/model/escape.js';
import type { WatchEvent } from '../../analyzer/model/watch-event.js';
import { MemwatchError, messageOf } from '../../errors.js';
import { startCommand } from '../../leaks/rounds.js';
import type { Progress } from '../../progress.js';
import { escapeText } from '../../report/units.js';

export interface Receivers {
  /** For the shell. */
  readonly command: string | undefined;
  readonly webhook: URL | undefined;
}

/** Throws `bad-argument`. */
export const parseWebhook = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new MemwatchError('bad-argument', `--webhook ${text} is no address of a web server`, {
    hint: 'write one that begins with https:// or http://',
  });
};

const patienceOf = { commandMs: 60_000, webhookMs: 10_000 };

export const notify = async (event: WatchEvent, { command, webhook }: Receivers, io: Progress): Promise<void> => {
  const told = [
    command === undefined ? undefined : runCommand(command, event, io.signal),
    webhook === undefined ? undefined : post(webhook, event, io.signal),
  ];
  for (const result of await Promise.allSettled(told))
    if (result.status === 'rejected') io.warn(escapeText(messageOf(result.reason)));
};

const runCommand = async (command: string, event: WatchEvent, stop: AbortSignal): Promise<void> => {
  const env = { ...plainEnvironment(), ...environmentOf(event) };
  const child = startCommand(command, AbortSignal.any([stop, AbortSignal.timeout(patienceOf.commandMs)]), env);
  const [code, killedBy] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== 0) throw new Error(`--notify failed: ${command} ended with ${code ?? killedBy}`);
};

const environmentOf = ({ folder, alarms, pid, script, verdict }: WatchEvent): Record<string, string> => ({
  MEMWATCH_FOLDER: folder,
  MEMWATCH_REASON: alarms.map(({ condition, reason }) => `${condition}: ${reason}`).join('; '),
  MEMWATCH_PID: String(pid ?? ''),
  MEMWATCH_SCRIPT: script,
  MEMWATCH_VERDICT: verdict ?? '',
});

/** The path of the address may be a secret, and is not shown. */
const post = async (webhook: URL, event: WatchEvent, stop: AbortSignal): Promise<void> => {
  const answer = await fetch(webhook, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: writeJson(event),
    redirect: 'error',
    signal: AbortSignal.any([stop, AbortSignal.timeout(patienceOf.webhookMs)]),
  }).catch((error: unknown) => {
    throw new Error(`--webhook failed: ${webhook.host} does not answer: ${messageOf(error)}`);
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`--webhook failed: ${webhook.host} answers ${answer.status}`);
};
