/**
 * What a capture will cost a target: memory and pause, as ranges. In: the counts of V8's objects, or the bytes of the heap
 * if those are not known. Out: estimates. The factors were fitted, on Node 20 to 26, to all the heaps of
 * bench/snapshot-estimate.mjs; none was held out to check them.
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
  base: 25e6,
  perNode: 130,
  perReference: 42,
  /** The text of an index, such as "1234", is stored in a buffer of 1,024 bytes. */
  perIndex: 1040,
  textPerNode: 30,
  textPerReference: 14,
};
const snapshotUs = { base: 150_000, perNode: 1, perReference: 0.42, perIndex: 2.6 };
/** Node before 22 is slower by this factor. */
const slowerBefore22 = 1.25;

export const snapshotFileBytes = ({ nodes, references, textBytes }: HeapObjects): number =>
  nodes * snapshotBytes.textPerNode + references * snapshotBytes.textPerReference + textBytes;

export const snapshotCost = (objects: HeapObjects, nodeMajor: number): CaptureCost => {
  const { nodes, references, longest, textBytes } = objects;
  const { base, perNode, perReference, perIndex } = snapshotBytes;
  const graph = nodes * perNode + references * perReference + textBytes;
  const text = snapshotFileBytes(objects);
  const us = snapshotUs;
  const age = nodeMajor < 22 ? slowerBefore22 : 1;
  const work = (indexes: number): number =>
    (us.base + nodes * us.perNode + references * us.perReference + indexes * us.perIndex) * age * objects.slowdown;
  return {
    extraBytes: {
      least: 0.6 * (base + graph + longest.least * perIndex * 0.6),
      likely: base + graph + longest.likely * perIndex + text,
      most: 1.3 * (base + graph) + 1.1 * longest.most * perIndex + 2.5 * text,
    },
    pauseUs: { least: 0.4 * work(longest.least), likely: work(longest.likely), most: 2 * work(longest.likely) },
    heapBytes: 0,
  };
};

/** V8 records every object that it reaches, then makes an array of those that are asked for. */
const censusBytes = { base: 8e6, perNode: 42, perJsObject: 66, inHeapPerJsObject: 24 };
const censusUs = { base: 60_000, perNode: 0.65, perReference: 0.02 };

export const censusCost = ({ nodes, jsObjects, references, slowdown }: HeapObjects): CaptureCost => {
  const { base, perNode, perJsObject, inHeapPerJsObject } = censusBytes;
  const needed = nodes * perNode + jsObjects * perJsObject;
  const us = (censusUs.base + nodes * censusUs.perNode + references * censusUs.perReference) * slowdown;
  return {
    extraBytes: { least: 0.4 * needed, likely: base / 2 + needed, most: 2 * base + 1.4 * needed },
    pauseUs: { least: us * 0.5, likely: us, most: us * 2 },
    heapBytes: jsObjects * inHeapPerJsObject,
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
  const likelyUs = snapshotUs.base + usedBytes * 0.06 * (nodeMajor < 22 ? slowerBefore22 : 1);
  return {
    extraBytes: { least: snapshotBytes.base, likely: bytes(10, 10), most: bytes(36, 140) },
    pauseUs: { least: snapshotUs.base, likely: likelyUs, most: likelyUs * 8 },
    heapBytes: 0,
  };
};

/** No object is smaller than 16 bytes, and few JavaScript objects are smaller than 32. */
export const censusCostByBytes = ({ usedBytes, largeBytes }: HeapBytes): CaptureCost => {
  const objects = (usedBytes - largeBytes) / 24;
  const most = censusCost({ ...noObjects, nodes: objects, jsObjects: objects });
  const likely = censusCost({ ...noObjects, nodes: objects / 2, jsObjects: objects / 4 });
  return {
    ...most,
    extraBytes: { least: 0, likely: likely.extraBytes.likely, most: most.extraBytes.most },
    pauseUs: { least: censusUs.base / 2, likely: likely.pauseUs.likely, most: most.pauseUs.most },
  };
};

const nothing: Range = { least: 0, likely: 0, most: 0 };
const noObjects: HeapObjects = {
  nodes: 0,
  jsObjects: 0,
  references: 0,
  longest: nothing,
  textBytes: 0,
  slowdown: 1,
};
