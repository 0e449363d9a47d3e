/**
 * The documents of memwatch's own that captures and recordings contain, each written here alone and read in
 * analyzer/formats. In: their contents. Out: documents, and the lines of a recording.
 */
import { publicAddress } from '../../source/file-address.js';
import type { RecordEvent, RecordHeader } from '../../analyzer/model/recording.js';
import type { Script, ScriptsTable } from '../../analyzer/model/scripts.js';

/** Without what may be secret in addresses; the text of a `data:` script is its address. */
export const scriptsTable = (nodeVersion: string, scripts: readonly Script[]): ScriptsTable => ({
  schema: 'memwatch/scripts@1',
  nodeVersion,
  scripts: scripts.map(({ source, ...script }) => ({
    ...script,
    url: publicAddress(script.url),
    ...(source !== undefined && !script.url.startsWith('data:') && { source }),
  })),
});

interface ProfileNode {
  readonly callFrame: { url: string };
}
interface ProfileTree extends ProfileNode {
  readonly children: readonly ProfileTree[];
}

/** Takes what may be secret out of the addresses of V8's own profile, in place: profiles can be large. */
export const hideAddresses = (nodes: Iterable<ProfileNode>): void => {
  for (const { callFrame } of nodes) callFrame.url = publicAddress(callFrame.url);
};

/** All nodes of an allocation profile. */
export function* nodesOf<Tree extends ProfileTree>(head: Tree): Generator<Tree> {
  const stack = [head];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node;
    for (const child of node.children) stack.push(child as Tree);
  }
}

export const recordHeader = (startedMs: number, intervalMs: number): RecordHeader => ({
  schema: 'memwatch/record@1',
  startedMs,
  intervalMs,
});

/** One line of a recording. */
export const recordLine = (line: RecordHeader | RecordEvent): string => `${JSON.stringify(line)}\n`;
