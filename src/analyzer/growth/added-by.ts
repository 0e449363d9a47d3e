/**
 * The stacks that were seen to add to a finding, as the report shows them. In: a finding, the stacks as the target has them,
 * its scripts. Out: the finding with growth sites; if its place says little, with the place of the code that adds most.
 */
import type { Finding, GrowthSite, SeenFrame, SeenSite, StackFrame } from '../model/finding.js';
import { createLocator, type Locator } from '../model/location.js';
import { ownerOf, type PackageLookup } from '../model/owner.js';
import { isProgramFile, type ScriptsTable } from '../model/scripts.js';
import { childProcesses, fileDescriptors, isMemory, threads } from './readings/counters.js';

const mostSites = 5;
const mostFrames = 12;

/** `isForeign`: files that are never reported as the place, such as those of the check itself. */
export const addedBy = (
  finding: Finding,
  seen: readonly SeenSite[],
  scripts: ScriptsTable | undefined,
  packageOf: PackageLookup,
  isForeign: (file: string) => boolean = () => false,
): Finding => {
  if (seen.length === 0) return finding;
  const framesOf = createFrames(scripts, isForeign);
  const growthSites = seen
    .toSorted((a, b) => b.count - a.count)
    .slice(0, mostSites)
    .map(framesOf);
  const first = growthSites[0]?.stack.find(({ file }) => isProgramFile(file));
  if (first === undefined || openingsOf(finding) === undefined) return { ...finding, growthSites };
  const { file, line } = first;
  return { ...finding, growthSites, location: { file, line, column: 0 }, owner: ownerOf(file, packageOf) };
};

const createFrames = (
  scripts: ScriptsTable | undefined,
  isForeign: (file: string) => boolean,
): ((site: SeenSite) => GrowthSite) => {
  const locator = createLocator(scripts);
  const idOf = new Map(scripts?.scripts.map(({ url, id }) => [url, id]));
  return ({ stack, count }) => {
    const frames = stack.map((frame) => frameOf(frame, locator, idOf)).filter(({ file }) => !isForeign(file));
    // what Node does between the program's call and the handle says nothing about the program
    const own = frames.findIndex(({ file }) => isProgramFile(file));
    return { count, stack: frames.slice(Math.max(0, own), Math.max(0, own) + mostFrames) };
  };
};

const frameOf = (
  { function: name, url, line, column }: SeenFrame,
  locator: Locator,
  idOf: ReadonlyMap<string, number>,
): StackFrame => {
  const place = locator.atPosition(idOf.get(url) ?? -1, url, line - 1, column - 1);
  return { function: name === '' ? '(anonymous)' : name, file: place?.file ?? url, line: place?.line ?? line };
};

/** What must be watched to see who opens it: Node's names for the handles, and whether files count, too. */
export interface Opened {
  readonly types: readonly string[];
  readonly files: boolean;
}

const sockets = ['TCPWRAP', 'TCPSERVERWRAP', 'PIPEWRAP', 'PIPESERVERWRAP', 'UDPWRAP', 'TTYWRAP'];

const openedBy: Readonly<Record<string, Opened>> = {
  [threads]: { types: ['WORKER'], files: false },
  [childProcesses]: { types: ['PROCESSWRAP'], files: false },
  [fileDescriptors]: { types: sockets, files: true },
};

/** Undefined for what is not opened: memory, and objects that are merely kept. */
export const openingsOf = ({ kind, container, gains }: Finding): Opened | undefined => {
  if (kind === 'timers') return { types: ['Timeout', 'Immediate'], files: false };
  if (kind !== 'native' || isMemory(container.name)) return undefined;
  const names = container.id === 0 ? [container.name] : gains.map(({ name }) => name);
  return openedBy[container.name] ?? { types: names.flatMap(typesOf), files: false };
};

/** `TCPSocketWrap` and `TCP` are TCPWRAP to the hooks of async_hooks, `Timeout` is itself. */
const typesOf = (name: string): string[] => {
  const type = name.toUpperCase().replace('SOCKET', '');
  return [name, type, `${type}WRAP`];
};
