/**
 * Which memory of a heap could be saved. In: a heap, and the texts of its scripts, as far as they are known. Out: a
 * WasteReport, no byte of it counted twice.
 */
import type { Heap } from '../heap/heap.js';
import type { WasteKind, WasteReport } from '../model/waste.js';
import { poolsOfFew, tinyBuffers } from './buffers.js';
import { functionsPerObject, listenersInBulk, settledPromises } from './bulk.js';
import { Claims } from './claims.js';
import { packagesTwice, scriptsTwice, sourceMaps } from './code.js';
import { unusedVariables } from './contexts.js';
import { emptyCollections, singleEntryCollections, unusedRoom } from './collections.js';
import { equalObjects } from './equal-objects.js';
import { Holders } from './holders.js';
import type { Finder, Take, TextOf } from './kinds.js';
import { boundFunctions, boxedNumbers, dictionaryObjects } from './objects.js';
import { rowsHeldWhole } from './rows.js';
import { looseShapes, numberRows } from './shapes.js';
import { equalStrings, ropes, slices } from './strings.js';

/**
 * A byte that several kinds could claim goes to the first of them: kinds that name the cause more exactly come first.
 */
const finders: readonly Finder[] = [
  sourceMaps,
  scriptsTwice,
  packagesTwice,
  unusedVariables,
  dictionaryObjects,
  boxedNumbers,
  numberRows,
  looseShapes,
  boundFunctions,
  functionsPerObject,
  listenersInBulk,
  settledPromises,
  tinyBuffers,
  poolsOfFew,
  emptyCollections,
  singleEntryCollections,
  unusedRoom,
  equalStrings,
  slices,
  ropes,
  equalObjects,
  rowsHeldWhole,
];
/** A kind below this share of the heap is left out. */
const smallestShare = 1 / 1000;
/** What is held in one way is left out below this share: it is too scattered to be fixed. */
const smallestHolderShare = 1 / 5000;
/** The same for what Node itself keeps: nobody can fix it, but much of it shows a use of Node that costs memory. */
const smallestShareOfNode = 1 / 100;

export const findWaste = (heap: Heap, textOf: TextOf = () => undefined): WasteReport => {
  const claims = new Claims(heap.graph);
  const totalBytes = heap.dominators.retainedBytes[0];
  const kinds = finders
    .map((finder) => findKind(finder, { heap, claims, textOf }, totalBytes))
    .filter(({ bytes }) => bytes >= totalBytes * smallestShare)
    .toSorted((a, b) => b.bytes - a.bytes);
  const wastedBytes = kinds.reduce((sum, { bytes }) => sum + bytes, 0);
  return { schema: 'memwatch/waste@1', totalBytes, wastedBytes, kinds };
};

interface Looked {
  readonly heap: Heap;
  readonly claims: Claims;
  readonly textOf: TextOf;
}

const findKind = (finder: Finder, { heap, claims, textOf }: Looked, totalBytes: number): WasteKind => {
  const holders = new Holders(heap, textOf);
  let upperBound: string | null = null;
  const add: Take = (node, bytes, note) => {
    if (bytes <= 0) return;
    upperBound ??= note ?? null;
    holders.add(node, bytes);
  };
  finder.find(heap, claims, add, textOf);
  const { kind, title, advice } = finder;
  const held = holders.summarize(totalBytes * smallestHolderShare, totalBytes * smallestShareOfNode);
  return { kind, title, upperBound, advice, ...held };
};
