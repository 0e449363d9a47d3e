/**
 * What a capture will cost a target: memory and pause, as ranges. In: the counts of V8's objects, or the bytes of the heap
 * if those are not known. Out: estimates. The factors were fitted, on Node 20 to 26, to the heaps of bench/heap-shapes.mjs,
 * the last ten of which were drawn up later, to check those of memory.
 */
import type { HeapObjects, Range } from '../agent/capture/heap-objects.js';

export interface CaptureCost {
  /** Memory that the target takes beyond its heap. */
  readonly extraBytes: Range;
  /** How long its thread stands still. */
  readonly pauseUs: Range;
  /** The part of that memory in V8's own heap, which has a limit of its own. */
  readonly heapBytes: number;
}

/** V8 builds its graph in native memory, then turns it into text, part of which waits to be sent. */
const snapshotBytes = {
  base: 22e6,
  perJsObject: 125,
  perOther: 125,
  perString: 125,
  /** Beyond one of each object, to its layout. */
  perReference: 50,
  /** The text of an index, such as "1234", is stored in a buffer of 1,024 bytes. */
  perIndex: 1060,
  /** Two references, and three such buffers. */
  perWeakEntry: 3300,
  perTextByte: 1.8,
  perName: 0,
};
const snapshotUs: typeof snapshotBytes = {
  base: 130_000,
  perJsObject: 2.3,
  perOther: 0.15,
  perString: 0.6,
  perReference: 0.67,
  perIndex: 1.9,
  perWeakEntry: 6.5,
  perTextByte: 0.03,
  perName: 6,
};
/** At most: some of V8's own objects, such as scripts, cost much more than others. */
const mostPerOther = { bytes: 150, us: 1 };
const fileBytes = { perObject: 25, perReference: 16, perWeakEntry: 400 };
/** Node before 24 is slower by this factor. */
const slowerBefore24 = 1.4;

export const snapshotFileBytes = ({ objects, references, weakEntries, textBytes }: HeapObjects): number =>
  objects * fileBytes.perObject +
  references.likely * fileBytes.perReference +
  weakEntries.likely * fileBytes.perWeakEntry +
  textBytes;

export const snapshotCost = (heap: HeapObjects, nodeMajor: number): CaptureCost => {
  const { objects, jsObjects, strings, names, textBytes, references, indexes, weakEntries, slowdown } = heap;
  const others = Math.max(0, objects - jsObjects - strings);
  const sum = (per: typeof snapshotBytes, of: keyof Range): number =>
    per.base +
    jsObjects * per.perJsObject +
    others * per.perOther +
    strings * per.perString +
    Math.max(0, references[of] - objects) * per.perReference +
    indexes[of] * per.perIndex +
    weakEntries[of] * per.perWeakEntry +
    textBytes * per.perTextByte +
    names * per.perName;
  const bytes = (of: keyof Range): number => sum(snapshotBytes, of);
  const us = (of: keyof Range): number => sum(snapshotUs, of) * (nodeMajor < 24 ? slowerBefore24 : 1);
  // all of the text may wait if memwatch reads slowly
  const waiting = bytes('likely') + snapshotFileBytes(heap);
  return {
    extraBytes: {
      least: 0.55 * bytes('least'),
      likely: bytes('likely'),
      most: Math.max(1.25 * bytes('most') + others * mostPerOther.bytes, waiting),
    },
    pauseUs: {
      least: 0.45 * us('least') * slowdown.least,
      likely: us('likely') * slowdown.likely,
      most: (1.9 * us('likely') + others * mostPerOther.us) * slowdown.most,
    },
    heapBytes: 0,
  };
};

/**
 * V8 records every object that it reaches, then makes an array of those that are asked for. At most, each large table is that of
 * a dictionary, whose keys are listed; an index becomes a text.
 */
const censusBytes = { base: 8e6, perObject: 42, perJsObject: 66, perTableReference: 35, inHeapPerJsObject: 24 };
const censusUs = {
  base: 100_000,
  perObject: 0.4,
  perJsObject: 0.75,
  perReference: 0.03,
  perWeakEntry: 1.7,
  perName: 3.2,
};
/** At most: slots are looked at whatever they hold, and the keys of a dictionary are listed. */
const mostCensusUs = { perSlot: 0.008, perTableReference: 0.3 };

/** After a collection, whose time tells what the objects' places in memory cost: factors of its own, and closer ones. */
const collectedCensusUs = {
  base: 29_000,
  perObject: 0.37,
  perJsObject: 0.6,
  perReference: 0, // the collection follows them, too
  perWeakEntry: 1.9,
  perName: 1.6,
};
const perCollectionUs = 4.1;
/** At most: each large table is that of a dictionary. */
const mostPerTableReference = 0.15;

export const censusCost = (heap: HeapObjects): CaptureCost => {
  const { objects, jsObjects, tableReferences } = heap;
  const { base, perObject, perJsObject, perTableReference, inHeapPerJsObject } = censusBytes;
  const needed = objects * perObject + jsObjects * perJsObject;
  const keys = tableReferences * perTableReference;
  return {
    extraBytes: { least: 0.4 * needed, likely: base / 2 + needed, most: 2 * base + 1.4 * needed + keys },
    pauseUs: heap.collectionUs === undefined ? censusPause(heap) : collectedCensusPause(heap, heap.collectionUs),
    heapBytes: jsObjects * inHeapPerJsObject + keys,
  };
};

const workUs = (per: typeof censusUs, { objects, jsObjects, names, references, weakEntries }: HeapObjects): number =>
  per.base +
  objects * per.perObject +
  jsObjects * per.perJsObject +
  references.likely * per.perReference +
  weakEntries.likely * per.perWeakEntry +
  names * per.perName;

const censusPause = (heap: HeapObjects): Range => {
  const { tableReferences, slots, slowdown } = heap;
  const us = workUs(censusUs, heap);
  const atMost = slots * mostCensusUs.perSlot + tableReferences * mostCensusUs.perTableReference;
  return { least: 0.4 * us, likely: us * slowdown.likely, most: (2.3 * us + atMost) * slowdown.most };
};

const collectedCensusPause = (heap: HeapObjects, collectionUs: number): Range => {
  const { tableReferences, slowdown } = heap;
  const us = workUs(collectedCensusUs, heap);
  const walkUs = collectionUs * perCollectionUs; // slowed down already
  return {
    least: 0.45 * (us + walkUs / slowdown.most),
    likely: us * slowdown.likely + walkUs,
    most: 1.75 * (us * slowdown.most + walkUs) + tableReferences * mostPerTableReference,
  };
};

export interface HeapBytes {
  readonly usedBytes: number;
  /** The part of those bytes that large objects take. */
  readonly largeBytes: number;
}

/**
 * By bytes only, without counts: the snapshot of a heap of numbers takes next to nothing, that of small objects 40 times
 * the heap.
 */
export const snapshotCostByBytes = ({ usedBytes, largeBytes }: HeapBytes, nodeMajor: number): CaptureCost => {
  const small = usedBytes - largeBytes;
  const bytes = (perByte: number, perLargeByte: number): number =>
    snapshotBytes.base + small * perByte + largeBytes * perLargeByte;
  const likelyUs = snapshotUs.base + usedBytes * 0.06 * (nodeMajor < 24 ? slowerBefore24 : 1);
  return {
    extraBytes: { least: snapshotBytes.base, likely: bytes(10, 10), most: bytes(36, 140) },
    pauseUs: { least: snapshotUs.base, likely: likelyUs, most: likelyUs * 8 },
    heapBytes: 0,
  };
};

/** No object is smaller than 16 bytes, and few JavaScript objects are smaller than 32. */
export const censusCostByBytes = ({ usedBytes, largeBytes }: HeapBytes): CaptureCost => {
  const objects = (usedBytes - largeBytes) / 24;
  const most = censusCost({ ...noObjects, objects, jsObjects: objects });
  const likely = censusCost({ ...noObjects, objects: objects / 2, jsObjects: objects / 4 });
  return {
    ...most,
    extraBytes: { least: 0, likely: likely.extraBytes.likely, most: most.extraBytes.most },
    pauseUs: { least: censusUs.base / 2, likely: likely.pauseUs.likely, most: most.pauseUs.most },
  };
};

const nothing: Range = { least: 0, likely: 0, most: 0 };
const noObjects: HeapObjects = {
  objects: 0,
  jsObjects: 0,
  strings: 0,
  names: 0,
  textBytes: 0,
  references: nothing,
  indexes: nothing,
  slots: 0,
  tableReferences: 0,
  weakEntries: nothing,
  slowdown: { least: 1, likely: 1, most: 1 },
  collectionUs: undefined,
};
