/**
 * The functions that made most of what stays. In: samples, each with the function of the program that made it. Out: one for
 * each function, the largest first, but a function before the one that calls it.
 */
import type { AllocationSite } from '../model/finding.js';
import { formatPlace, type Location } from '../model/location.js';
import type { SurvivorFrame } from '../model/survivors.js';

const maxSites = 5;
/** A site smaller than this share of the largest is a single sample that was hit by chance. */
export const minShare = 0.1;

export interface Made {
  readonly site: AllocationSite;
  /** The application's function that called it, if that is another one. */
  readonly call?: Call | undefined;
  /** Its call of Node's function that allocates. */
  readonly inNode?: Call | undefined;
}

/** A frame, and the one of what it calls. */
export type Call = readonly [from: SurvivorFrame, called: SurvivorFrame];

/** `callers`: the program's functions on the stack, innermost first. */
export interface MadeAt extends Made {
  readonly callers: readonly string[];
}

/** What one function made, and how much of it Node made for it. */
interface Sum {
  readonly made: MadeAt;
  readonly nodeBytes: number;
  /** Of the call of Node's function that made most. */
  readonly mostInNode: number;
}

/** The call of Node's function is where it was made only if Node made at least this share of it. */
export const leastInNode = 0.5;

export const largest = (made: readonly MadeAt[], least: number): readonly MadeAt[] => {
  const sums = new Map<string, Sum>();
  for (const one of made) {
    const key = `${one.site.function} ${formatPlace(one.site)}`;
    sums.set(key, plus(sums.get(key), one));
  }
  const sorted = [...sums.values()]
    .map((sum) => withMainCall(sum, least))
    .toSorted((a, b) => b.site.bytes - a.site.bytes);
  const large = sorted.filter(({ site }) => site.bytes >= minShare * (sorted[0]?.site.bytes ?? 0)).slice(0, maxSites);
  return innermostFirst(large);
};

const plus = (sum: Sum | undefined, one: MadeAt): Sum => {
  const site = { ...one.site, bytes: (sum?.made.site.bytes ?? 0) + one.site.bytes };
  const inNode = one.inNode === undefined ? 0 : one.site.bytes;
  const { mostInNode = 0, nodeBytes = 0 } = sum ?? {};
  const call = inNode > mostInNode ? one.inNode : sum?.made.inNode;
  return {
    made: { ...one, site, inNode: call },
    nodeBytes: nodeBytes + inNode,
    mostInNode: Math.max(mostInNode, inNode),
  };
};

const withMainCall = ({ made, nodeBytes }: Sum, least: number): MadeAt =>
  nodeBytes >= least * made.site.bytes ? made : { ...made, inNode: undefined };

/**
 * Once V8 has inlined a function, its allocations are charged to its caller. So if the first site calls another one on the
 * same stack, the called one is more exact.
 */
const innermostFirst = (made: readonly MadeAt[]): readonly MadeAt[] => {
  const [first] = made;
  const inner = made.find(({ callers }) => first !== undefined && isCalledBy(callers, first.callers));
  return inner === undefined ? made : [inner, ...made.filter((one) => one !== inner)];
};

const isCalledBy = (callers: readonly string[], outer: readonly string[]): boolean =>
  callers.length > outer.length && outer.every((name, i) => name === callers[callers.length - outer.length + i]);

/** The line of its call, if that is known; otherwise its beginning. */
export const placeOfSite = ({ file, line, callLine }: AllocationSite): Location => ({
  file,
  line: callLine ?? line,
  column: 0,
});
