/**
 * The gate before heap snapshots, and the only evidence if snapshots are too expensive: collected heap and a census at the
 * end of each round. In: one reading per round. Out: what rose in every round.
 */
import type { CensusContainer, CensusReading } from '../../model/census.js';
import type { SurvivorSite } from '../../model/survivors.js';
import { sumOf } from '../../model/figures.js';
import { gainsOf, totalGain } from './evidence.js';

export interface GateReading {
  readonly atMs: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly census: CensusReading;
}

export interface Gate {
  readonly readings: readonly GateReading[];
  readonly rising: Rising;
  /** What survived the rounds, if it was sampled. */
  readonly sites: readonly SurvivorSite[];
}

export interface Rising {
  /** Collected heap rose in every round by more than noise. */
  readonly heap: boolean;
  /** The memory held outside the heap rose in every round by more than noise. */
  readonly external: boolean;
  readonly classes: readonly { name: string; history: readonly number[] }[];
  readonly containers: readonly { container: CensusContainer; history: readonly number[] }[];
}

/** Smaller rises are noise of the program and of V8. */
const minHeapBytes = 8 * 1024;
const minExternalBytes = 64 * 1024;
const minCount = 2;

export const findRising = (readings: readonly GateReading[]): Rising => {
  const last = readings[readings.length - 1];
  const heap = rises(readings.map((reading) => reading.heapBytes), minHeapBytes); // prettier-ignore
  const external = rises(readings.map(({ externalBytes }) => externalBytes), minExternalBytes); // prettier-ignore
  const classes = last.census.classes.flatMap(({ name }) => {
    const history = readings.map(({ census }) => census.classes.find((one) => one.name === name)?.count ?? 0);
    return rises(history, minCount) ? [{ name, history }] : [];
  });
  const containers = last.census.containers.flatMap((container) => {
    const history = readings.map(({ census }) => census.containers.find(({ id }) => id === container.id)?.size);
    return isKnown(history) && rises(history, minCount) ? [{ container, history }] : [];
  });
  return { heap, external, classes, containers };
};

/** With more readings than these, the earlier ones may be too close to each other for what grows slowly. */
const latest = 5;
/** In each of the latest rounds, something must gain at least this share of its average rate. */
const leastShareOfRate = 0.4;

/** What rose in every round; or if nothing did, what has risen in the latest rounds in proportion to their time. */
export const findRisingLately = (readings: readonly GateReading[]): Omit<Gate, 'sites'> => {
  const rising = findRising(readings);
  const late = readings.slice(-latest);
  if (anyRises(rising) || late.length === readings.length) return { rising, readings };
  const { classes, containers } = findRising(late);
  const times = late.map(({ atMs }) => atMs);
  const isSteady = ({ history }: { history: readonly number[] }): boolean => risesWithTime(history, times);
  const steady = { ...rising, classes: classes.filter(isSteady), containers: containers.filter(isSteady) };
  return anyRises(steady) ? { rising: steady, readings: late } : { rising, readings };
};

const risesWithTime = (history: readonly number[], times: readonly number[]): boolean => {
  const rateOf = (from: number, to: number): number => (history[to] - history[from]) / (times[to] - times[from]);
  const average = rateOf(0, history.length - 1);
  return history.every((_, i) => i === 0 || rateOf(i - 1, i) >= leastShareOfRate * average);
};

export const anyRises = ({ heap, external, classes, containers }: Rising): boolean =>
  heap || external || classes.length > 0 || containers.length > 0;

/** So many more entries are no chance, though the heap that holds them falls meanwhile. */
export const gainWithoutMemory = 100;
/** With memory that rises too, fewer entries are enough. */
const gainWithMemory = 20;
/** The smallest gain of a round, as a share of the largest. */
const evenShare = 0.6;

/** Whether something gained about as much in each round: what fills up at first, or warms up, gains less and less. */
export const risesEvenly = ({ heap, external, classes, containers }: Rising): boolean =>
  [...classes, ...containers].some(({ history }) => {
    const gains = gainsOf(history);
    const least = heap || external ? gainWithMemory : gainWithoutMemory;
    return sumOf(gains) >= least && Math.min(...gains) >= evenShare * Math.max(...gains);
  });

/**
 * Memory outside the heap is read after a collection, so a few rounds prove growth that is large and even: the chance that so many
 * readings rise in order is 1 in 720. `share`: of what there was at first.
 */
const steepGrowth = { rounds: 5, ms: 9000, bytes: 8 * 2 ** 20, share: 0.1 };

export const externalGrowsSteeply = (readings: readonly Pick<GateReading, 'atMs' | 'externalBytes'>[]): boolean => {
  const history = readings.map(({ externalBytes }) => externalBytes);
  const times = readings.map(({ atMs }) => atMs);
  if (readings.length <= steepGrowth.rounds || totalGain(times) < steepGrowth.ms) return false;
  const isLarge = totalGain(history) >= Math.max(steepGrowth.bytes, steepGrowth.share * history[0]);
  return isLarge && risesWithTime(history, times);
};

const isKnown = (history: readonly (number | undefined)[]): history is number[] => !history.includes(undefined);

const rises = (history: readonly number[], least: number): boolean =>
  history.every((value, i) => i === 0 || value - history[i - 1] >= least);
