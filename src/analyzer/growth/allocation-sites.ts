/**
 * Which line allocates the growth: sampled allocations that survived the rounds, assigned to findings. The sampler names
 * functions, not classes. So a site belongs to a finding if a function on its stack has the name of a class that grows (a
 * constructor), or is in a file that owns the finding. A single finding gets all remaining sites.
 */
import { sumOf } from '../model/figures.js';
import type { SurvivorFrame, SurvivorSite } from '../model/survivors.js';
import type { AllocationSite, Finding, FindingKind } from '../model/finding.js';
import { formatPlace, createLocator, type Location, type Locator } from '../model/location.js';
import { isApplicationFile, ownerOf, type PackageLookup } from '../model/owner.js';
import { isProgramFile, type ScriptsTable } from '../model/scripts.js';
import { findCallsIn, findCallsOfPackage } from './code/calls-in.js';
import type { TextPosition } from './code/declarations.js';
import { largest, leastInNode, minShare, placeOfSite, type Call, type Made, type MadeAt } from './made-at.js';
import { withOriginalFrames } from './original-names.js';
import { isProgramFrame, placeOf, renderHolder, withMainAddition, type Code, type SourceOf } from './main-addition.js';

/**
 * Code that calls the program's body over and over, and into which V8 may inline it: what this code allocates was allocated
 * by the body.
 */
export interface Body {
  isFile(file: string): boolean;
  /** Where the body is that it calls; null if that is not known. */
  readonly body: Location | null;
}

export const withAllocationSites = <F extends Finding>(
  findings: readonly F[],
  sites: readonly SurvivorSite[],
  scripts?: ScriptsTable,
  caller?: Body,
  sourceOf?: SourceOf,
): F[] => assignSites(findings, sites, scripts, caller, sourceOf).findings;

/** The same, and the sites that belong to no finding. */
export const assignSites = <F extends Finding>(
  findings: readonly F[],
  sites: readonly SurvivorSite[],
  scripts?: ScriptsTable,
  caller?: Body,
  sourceOf: SourceOf = () => undefined,
): { readonly findings: F[]; readonly unclaimed: readonly SurvivorSite[] } => {
  const locator = createLocator(scripts);
  const code = { locator, sourceOf };
  const given = new Map<Finding, MadeSite[]>(findings.map((finding) => [finding, []]));
  const stacks = new Map<Finding, SurvivorSite[]>();
  const unclaimed: SurvivorSite[] = [];
  for (const site of withOriginalFrames(sites, code)) {
    const finding = bestFinding(findings, site, locator);
    const named = siteOf(site, locator, caller, finding && builtIns.get(finding.kind));
    const made = named !== undefined && caller?.isFile(named.site.file) === true ? inBody(named.site, caller) : named;
    if (made === undefined) continue;
    if (finding === undefined) {
      unclaimed.push(site);
      continue;
    }
    given.get(finding)?.push({ ...made, callers: callersOf(site, locator), isOfEntry: isOfEntry(finding, site) });
    stacks.set(finding, [...(stacks.get(finding) ?? []), site]);
  }
  const placed = findings.map((finding) => ({
    ...withMainAddition(finding, stacks.get(finding) ?? [], code),
    allocationSites: largest(surest(finding, given.get(finding) ?? []), isAddedByNode(finding) ? 0 : leastInNode).map(
      (made) => withCallLine(made, code),
    ),
  }));
  return { findings: placed, unclaimed };
};

interface MadeSite extends MadeAt {
  /** In the constructor of an entry's class. */
  readonly isOfEntry: boolean;
}

/** A signature ends with the class of the entries. */
const isOfEntry = ({ signature }: Finding, { stack }: SurvivorSite): boolean => {
  const entryClass = signature.split(' > ').at(-1);
  return stack.some((frame) => writtenName(frame) === entryClass);
};

/**
 * If samples alone give the place: those of the entries, if there are any. Others may be of something large that survives by chance, such
 * as the last timer with a field for each AsyncLocalStorage.
 */
const surest = (finding: Finding, made: readonly MadeSite[]): readonly MadeSite[] => {
  const ofEntry = isVague(finding) ? made.filter((one) => one.isOfEntry) : [];
  return ofEntry.length > 0 ? ofEntry : made;
};

/** The program's functions that made what was sampled, most first. */
export const makersOf = (
  sites: readonly SurvivorSite[],
  scripts: ScriptsTable | undefined,
  sourceOf: SourceOf,
): AllocationSite[] => {
  const code = { locator: createLocator(scripts), sourceOf };
  const made = withOriginalFrames(sites, code).flatMap((site) => madeAt(site, code.locator));
  return largest(made, 0).map((one) => withCallLine(one, code));
};

/** A function that allocated this share of what no finding has claimed is the place of all findings without one. */
const mostOfUnclaimed = 2 / 3;

/**
 * For findings of which no holder is known. V8 inlines constructors into the functions that call them, and the stacks then
 * name no class: what no finding has claimed goes to all findings without a site, if one function allocated most of it.
 */
export const withUnclaimedSites = <F extends Finding>(
  findings: readonly F[],
  unclaimed: readonly SurvivorSite[],
  scripts?: ScriptsTable,
): F[] => {
  const locator = createLocator(scripts);
  const made = largest(
    unclaimed.flatMap((site) => madeAt(site, locator)),
    leastInNode,
  ).map(({ site }) => site);
  const claimed = findings.flatMap(({ allocationSites }) => allocationSites.map(({ bytes }) => bytes));
  const [most] = made;
  if (most === undefined || most.bytes < mostOfUnclaimed * sumOf(made.map(({ bytes }) => bytes))) return [...findings];
  if (most.bytes < minShare * Math.max(0, ...claimed)) return [...findings]; // by chance
  return findings.map((finding) =>
    finding.allocationSites.length > 0 ? finding : { ...finding, allocationSites: made },
  );
};

const inBody = ({ bytes }: AllocationSite, { body }: Body): Made | undefined =>
  body === null
    ? undefined
    : { site: { function: '(body)', file: body.file, line: body.line, bytes, calledFrom: null } };

/** Built-in functions that allocate what grows, which V8 leaves out of stacks. */
const builtIns: ReadonlyMap<FindingKind, string> = new Map([['symbol-registry', 'for']]);

/** The first function of the program's own on the stack: Node's functions allocate for their caller, and so does a built-in one. */
const siteOf = (
  { stack, bytes }: SurvivorSite,
  locator: Locator,
  caller?: Body,
  builtIn?: string,
): Made | undefined => {
  const frames = stack.filter(isProgramFrame).flatMap((frame) => {
    const place = placeOf(frame, locator);
    return place === undefined
      ? []
      : [{ frame, line: { function: nameOf(frame), file: place.file, line: place.line } }];
  });
  const [made] = frames;
  if (made === undefined) return undefined;
  const isOurs = (file: string): boolean => isApplicationFile(file) && caller?.isFile(file) !== true;
  const at = frames.findIndex(({ line }) => isOurs(line.file));
  const [called, from] = [frames[at - 1], frames[at]];
  const callee = builtIn === undefined ? undefined : { ...made.frame, function: builtIn, url: '' };
  const inner = stack[stack.indexOf(made.frame) - 1] ?? callee;
  const inNode: Call | undefined = inner && [made.frame, inner];
  if (called === undefined || from === undefined) return { site: { ...made.line, bytes, calledFrom: null }, inNode };
  return { site: { ...made.line, bytes, calledFrom: from.line }, call: [from.frame, called.frame], inNode };
};

/** '' for an anonymous function, which is of no class. */
const writtenName = ({ function: name, original = name }: SurvivorFrame): string => original;
const nameOf = (frame: SurvivorFrame): string => writtenName(frame) || '(anonymous)';

/** V8 samples functions, not lines: the text shows on which line one calls the other. */
const withCallLine = ({ site, call, inNode }: Made, code: Code): AllocationSite => {
  const [callLine] = callLines(inNode, code); // each of several calls makes what stays
  const made = callLine === undefined ? site : { ...site, callLine };
  const [line, ...more] = callLines(call, code);
  if (site.calledFrom === null || line === undefined || more.length > 0) return made;
  return { ...made, calledFrom: { ...site.calledFrom, callLine: line } };
};

/** V8 does not always name a function as its callers do: `module.exports = function () {…}`. */
const callsOfPackage = (source: string, from: SurvivorFrame, { url }: SurvivorFrame): TextPosition[] => {
  const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  return name === undefined || from.url.includes(`/node_modules/${name}/`)
    ? []
    : findCallsOfPackage(source, from, name);
};

/** Functions of Node's that a native constructor calls, which is what the program names. */
const nativeCallers: ReadonlyMap<string, string> = new Map([['oninit', 'MessageChannel']]);

const callLines = (call: Call | undefined, { locator, sourceOf }: Code): number[] => {
  if (call === undefined) return [];
  const [from, called] = call;
  const source = sourceOf(from.scriptId, from.url);
  // `Client.get`, `exports.getLabels`, `new Client`: V8 guesses what a function belongs to
  const guessed = /[\w$]+$/.exec(called.function)?.[0];
  const name = isProgramFrame(called) ? guessed : (nativeCallers.get(guessed ?? '') ?? guessed);
  const named = source === undefined || name === undefined ? [] : findCallsIn(source, from, name);
  const calls = named.length > 0 || source === undefined ? named : callsOfPackage(source, from, called);
  return calls.flatMap(
    ({ line, column }) => locator.atPosition(Number(from.scriptId), from.url, line, column)?.line ?? [],
  );
};

const bestFinding = (findings: readonly Finding[], { stack }: SurvivorSite, locator: Locator): Finding | undefined => {
  const functions = new Set(stack.map(writtenName));
  const files = new Set(stack.filter(isProgramFrame).map((frame) => placeOf(frame, locator)?.file));
  const score = (finding: Finding): number => {
    const names = [finding.container.name, ...finding.gains.map(({ name }) => name.replace(/\(\)$/, ''))];
    const byClass = names.some((name) => functions.has(name)) ? 2 : 0;
    return byClass + (finding.location !== null && files.has(finding.location.file) ? 1 : 0);
  };
  const best = findings.toSorted((a, b) => score(b) - score(a))[0];
  return best !== undefined && (score(best) > 0 || findings.length === 1) ? best : undefined;
};

const madeAt = (sampled: SurvivorSite, locator: Locator): MadeAt[] => {
  const made = siteOf(sampled, locator);
  return made === undefined ? [] : [{ ...made, callers: callersOf(sampled, locator) }];
};

const callersOf = ({ stack }: SurvivorSite, locator: Locator): string[] =>
  stack.filter(isProgramFrame).map((frame) => {
    const place = placeOf(frame, locator);
    return place === undefined ? frame.function : `${frame.function} ${formatPlace(place)}`;
  });

/**
 * Some findings have a place of little use: what Node holds for the program, and what is only known to belong to a module,
 * because V8 keeps the variables of a module that awaits in a function. They get the place of their largest allocation site.
 * What Node adds to for the program is added to where the program calls Node.
 */
export const placedBySites = <F extends Finding>(findings: readonly F[], packageOf: PackageLookup): F[] =>
  findings.map((finding) => {
    const call =
      finding.additions?.length === 0
        ? finding.allocationSites.find(({ callLine }) => callLine !== undefined)
        : undefined;
    const site = isVague(finding) ? finding.allocationSites[0] : call;
    if (site === undefined) return finding;
    const location = placeOfSite(site);
    const reasons = isVague(finding) ? finding.reasons : [...finding.reasons, ...renderHolder(finding.location)];
    return { ...finding, location, reasons, owner: ownerOf(site.file, packageOf) };
  });

/** What Node holds, Node adds to. */
const isAddedByNode = ({ additions, location }: Finding): boolean =>
  additions?.length === 0 || (location !== null && !isProgramFile(location.file));

const isVague = ({ location }: Finding): boolean =>
  location === null || !isProgramFile(location.file) || (location.line === 1 && location.column === 1);
