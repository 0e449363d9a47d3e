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

const files = String.raw`fs|internal/fs/\w+`;
const sockets = '_http_agent|_http_client|_http_server|net|_tls_wrap|tls|dgram|internal/http2/core';
const children = 'child_process|internal/child_process|internal/cluster/primary';

/** Node's modules that open it, by the counter's name; other handles are named like these. */
const modules: readonly (readonly [counter: RegExp, modules: string])[] = [
  [new RegExp(`^${threads}$`), 'internal/worker'],
  [new RegExp(`^(${childProcesses}|ProcessWrap)$`), children],
  [new RegExp(`^${fileDescriptors}$`), `${files}|${sockets}|${children}`],
  [/^(TCP|UDP|TLS)/, sockets],
  [/^Pipe/, `${sockets}|${children}`],
  [/^(Timeout|Immediate)$/, 'timers|internal/timers'],
  [/^(FSEvent|Stat|FS)/, String.raw`fs|internal/fs/\w+`],
  [/^(MessagePort|Worker)/, String.raw`internal/worker|internal/worker/\w+`],
];

export const withOpeners = (
  finding: Finding,
  sites: readonly SurvivorSite[],
  scripts: ScriptsTable | undefined,
  packageOf: PackageLookup,
  sourceOf?: SourceOf,
): Finding => {
  const [, wanted] = modules.find(([counter]) => counter.test(finding.container.name)) ?? [];
  if (wanted === undefined) return finding;
  const isOpening = new RegExp(`^node:(${wanted})$`);
  const opening = sites.filter((site) => nodeFunctionsOf(site).some(({ url }) => isOpening.test(url)));
  const [placed = finding] = placedBySites(
    withAllocationSites([finding], opening, scripts, undefined, sourceOf),
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
