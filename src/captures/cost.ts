/**
 * What a capture will cost a target: memory and pause, as ranges. In: the counts of V8's objects, or the bytes of the heap
 * if those are not known. Out: estimates. The factors were fitted, on Node 20 to 26, to the heaps of bench/heap-shapes.mjs,
 * except the last ten, which were drawn up afterwards to check them.
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
  perObject: 75,
  perString: 75,
  perReference: 50,
  /** The text of an index, such as "1234", is stored in a buffer of 1,024 bytes. */
  perIndex: 1060,
  /** Two references, and three such buffers. */
  perWeakEntry: 3300,
  perTextByte: 1.8,
};
const snapshotUs = {
  base: 130_000,
  perObject: 1,
  /** Few of them refer to anything. */
  perString: 0.3,
  perReference: 0.4,
  perIndex: 1.7,
  perWeakEntry: 10,
  perTextByte: 0.03,
};
/** At most: some of V8's own objects, such as scripts, cost much more than others. */
const perOther = { bytes: 150, us: 2 };
const fileBytes = { perObject: 25, perReference: 16, perWeakEntry: 400 };
/** Node before 24 is slower by this factor. */
const slowerBefore24 = 1.4;

export const snapshotFileBytes = ({ objects, references, weakEntries, textBytes }: HeapObjects): number =>
  objects * fileBytes.perObject +
  references.likely * fileBytes.perReference +
  weakEntries.likely * fileBytes.perWeakEntry +
  textBytes;

export const snapshotCost = (heap: HeapObjects, nodeMajor: number): CaptureCost => {
  const { objects, jsObjects, strings, textBytes, references, indexes, weakEntries, slowdown } = heap;
  const sum = (per: typeof snapshotUs, of: keyof Range): number =>
    per.base +
    (objects - strings) * per.perObject +
    strings * per.perString +
    references[of] * per.perReference +
    indexes[of] * per.perIndex +
    weakEntries[of] * per.perWeakEntry +
    textBytes * per.perTextByte;
  const bytes = (of: keyof Range): number => sum(snapshotBytes, of);
  const us = (of: keyof Range): number => sum(snapshotUs, of) * (nodeMajor < 24 ? slowerBefore24 : 1);
  const others = Math.max(0, objects - jsObjects - strings);
  // all of the text may wait if memwatch reads slowly
  const waiting = bytes('likely') + snapshotFileBytes(heap);
  return {
    extraBytes: {
      least: 0.55 * bytes('least'),
      likely: bytes('likely'),
      most: Math.max(1.25 * bytes('most') + others * perOther.bytes, waiting),
    },
    pauseUs: {
      least: 0.45 * us('least') * slowdown.least,
      likely: us('likely') * slowdown.likely,
      most: (1.8 * us('likely') + others * perOther.us) * slowdown.most,
    },
    heapBytes: 0,
  };
};

/**
 * V8 records every object that it reaches, then makes an array of those that are asked for. At most, each large table is that of
 * a dictionary, whose keys are listed; an index becomes a text.
 */
const censusBytes = { base: 8e6, perObject: 42, perJsObject: 66, perTableReference: 35, inHeapPerJsObject: 24 };
const censusUs = { base: 90_000, perObject: 0.45, perJsObject: 0.45, perReference: 0.02, perTableReference: 1.5 };

export const censusCost = ({ objects, jsObjects, references, tableReferences, slowdown }: HeapObjects): CaptureCost => {
  const { base, perObject, perJsObject, perTableReference, inHeapPerJsObject } = censusBytes;
  const needed = objects * perObject + jsObjects * perJsObject;
  const keys = tableReferences * perTableReference;
  const us =
    censusUs.base +
    objects * censusUs.perObject +
    jsObjects * censusUs.perJsObject +
    references.likely * censusUs.perReference;
  return {
    extraBytes: { least: 0.4 * needed, likely: base / 2 + needed, most: 2 * base + 1.4 * needed + keys },
    pauseUs: {
      least: 0.5 * us,
      likely: us * slowdown.likely,
      most: (2.2 * us + tableReferences * censusUs.perTableReference) * slowdown.most,
    },
    heapBytes: jsObjects * inHeapPerJsObject + keys,
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
  textBytes: 0,
  references: nothing,
  indexes: nothing,
  tableReferences: 0,
  weakEntries: nothing,
  slowdown: { least: 1, likely: 1, most: 1 },
};
