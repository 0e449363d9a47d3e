/**
 * Who opens what grows outside the heap: a thread, a child process, a socket, a file stream or a timer makes a few objects
 * in the heap through Node's own functions, and samples of what stays alive show who called those. In: a finding about a
 * counter, and the samples. Out: the finding with its allocation sites, and the place of the largest one.
 */
import type { Finding } from '../model/finding.js';
import type { PackageLookup } from '../model/owner.js';
import { isProgramFile, type ScriptsTable } from '../model/scripts.js';
import type { SurvivorFrame, SurvivorSite } from '../model/survivors.js';
import { placedBySites, withAllocationSites } from './allocation-sites.js';
import type { SourceOf } from './main-addition.js';
import { childProcesses, fileDescriptors, threads } from './readings/counters.js';

/** What opens: the modules of Node that make what is opened, and the functions in them that a program calls for it. */
interface Opener {
  readonly modules: string;
  readonly functions: string;
}

const files: Opener = {
  modules: String.raw`fs|internal/fs/\w+`,
  functions: 'open|openSync|opendir|opendirSync|create(Read|Write)Stream|(Read|Write)Stream|watch|watchFile|FSWatcher',
};
const sockets: Opener = {
  modules: '_http_agent|_http_client|_http_server|net|_tls_wrap|tls|dgram|internal/http2/core',
  functions: 'request|get|ClientRequest|connect|createConnection|createServer|createSocket|listen|(TLS)?Socket',
};
const children: Opener = {
  modules: 'child_process|internal/child_process|internal/cluster/primary',
  functions: 'spawn|spawnSync|exec|execFile|fork|ChildProcess',
};
const workers: Opener = {
  modules: String.raw`internal/worker|internal/worker/\w+`,
  functions: 'Worker|MessageChannel',
};
const timers: Opener = {
  modules: 'timers|internal/timers',
  functions: 'set(Timeout|Interval|Immediate)|Timeout|Immediate',
};

const anyOf = (...openers: readonly Opener[]): Opener => ({
  modules: openers.map(({ modules }) => modules).join('|'),
  functions: openers.map(({ functions }) => functions).join('|'),
});

/** By the counter's name; other handles are named like these. */
const openers: readonly (readonly [counter: RegExp, opener: Opener])[] = [
  [new RegExp(`^${threads}$`), { ...workers, modules: 'internal/worker' }],
  [new RegExp(`^(${childProcesses}|ProcessWrap)$`), children],
  [new RegExp(`^${fileDescriptors}$`), anyOf(files, sockets, children)],
  [/^(TCP|UDP|TLS)/, sockets],
  [/^Pipe/, anyOf(sockets, children)],
  [/^(Timeout|Immediate)$/, timers],
  [/^(FSEvent|Stat|FS)/, files],
  [/^(MessagePort|Worker)/, workers],
];

/** Of file descriptors by what most of those are that were gained. */
const openersOfKind: readonly (readonly [kind: RegExp, opener: Opener])[] = [
  [/^file /, files],
  [/^socket/, sockets],
  [/^pipe/, anyOf(sockets, children)],
];

export interface OpenerOptions {
  readonly scripts?: ScriptsTable | undefined;
  readonly sourceOf?: SourceOf | undefined;
  /** What most of the file descriptors are that were gained, if the finding is about them: `file /tmp/upload-#`. */
  readonly descriptors?: string | undefined;
  /** The samples are of all allocations, whether they survive or not: what reads or closes is among them. */
  readonly all?: boolean;
}

export const withOpeners = (
  finding: Finding,
  sites: readonly SurvivorSite[],
  packageOf: PackageLookup,
  { scripts, sourceOf, descriptors = '', all = false }: OpenerOptions,
): Finding => {
  const { name } = finding.container;
  const ofKind = name === fileDescriptors ? openersOfKind.find(([kind]) => kind.test(descriptors)) : undefined;
  const [, opener] = ofKind ?? openers.find(([counter]) => counter.test(name)) ?? [];
  if (opener === undefined) return finding;
  const isMaking = new RegExp(`^node:(${opener.modules})$`);
  const isOpening = new RegExp(`^(${opener.functions})$`);
  const making = sites.filter((site) => nodeFunctionsOf(site).some(({ url }) => isMaking.test(url)));
  const opening = making.filter((site) => isOpening.test(nodeFunctionsOf(site).at(-1)?.function ?? ''));
  const used = opening.length > 0 || all ? opening : making;
  const [placed = finding] = placedBySites(
    withAllocationSites([finding], used, scripts, undefined, sourceOf),
    packageOf,
  );
  return placed;
};

/**
 * Node's functions at the top of the stack, which the program called. Further down the stack they only deliver data: what
 * the program then makes is no file or socket.
 */
const nodeFunctionsOf = ({ stack }: SurvivorSite): readonly SurvivorFrame[] => {
  const end = stack.findIndex(({ url }) => isProgramFile(url));
  return end === -1 ? stack : stack.slice(0, end);
};
