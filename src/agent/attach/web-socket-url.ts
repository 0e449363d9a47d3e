/** The WebSocket address that an inspector's HTTP port lists. In: a host and a port. Out: the address on that host and port. */
import { get } from 'node:http';
import { agentInside, inOtherNetwork } from '../process/network.js';
import { withoutBrackets } from '../process/sockets.js';

interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** The process in whose network namespace the address holds. */
  readonly seenBy?: number;
  readonly timeoutMs?: number | undefined;
}

/**
 * The first WebSocket address that an inspector's HTTP port lists; undefined if something else listens there.
 */
export const webSocketUrlAt = async (
  host: string,
  port: number,
  { signal, seenBy, timeoutMs = 2000 }: AskOptions = {},
): Promise<string | undefined> => {
  const name = withoutBrackets(host);
  const agent = await agentInside(seenBy, name, port, signal).catch(() => undefined);
  if (agent === undefined && seenBy !== undefined && inOtherNetwork(seenBy)) return undefined;
  return new Promise((resolve) => {
    const options = { host: name, port, path: '/json/list', agent: agent ?? false, timeout: timeoutMs, signal };
    const request = get(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > 1_000_000) request.destroy();
      });
      answer.on('end', () => resolve(webSocketUrlIn(text, `ws://${host}:${port}`)));
      answer.on('error', () => resolve(undefined));
    });
    const late = setTimeout(() => request.destroy(), timeoutMs + 500);
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
    request.on('close', () => {
      clearTimeout(late);
      resolve(undefined);
    });
  });
};

/** The path from the answer on the host and port that were asked: an answer must not lead to another process. */
const webSocketUrlIn = (text: string, place: string): string | undefined => {
  const url = listedUrl(text);
  return typeof url === 'string' && URL.canParse(url) ? place + new URL(url).pathname : undefined;
};

/** Node writes the path of the script as it is: line breaks, control characters or backslashes in it make the answer no JSON. */
const listedUrl = (text: string): unknown => {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list[0]?.webSocketDebuggerUrl : undefined;
  } catch {
    return [...text.matchAll(/^ *"webSocketDebuggerUrl": "(ws:[^"]+)"\s*$/gm)].at(-1)?.[1]; // it comes after the path
  }
};
