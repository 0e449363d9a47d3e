/**
 * Functions and promises of which one would do, or none. In: a heap. Out: functions made for each object or listener, and
 * promises kept after they are settled.
 */
import { followInternal } from '../heap/follow.js';
import type { Heap } from '../heap/heap.js';
import type { HeapGraph } from '../model/heap-graph.js';
import type { Claims } from './claims.js';
import { elementsIn, fewestRows, fieldHolder, nodesByKey, nodeKinds, objectsNamed, wordBytes } from './layout.js';
import type { Finder } from './kinds.js';

/** `this.onData = () => …` in a constructor, or a class field that is an arrow function. */
export const functionsPerObject: Finder = {
  kind: 'functions-per-object',
  title: 'Functions created for each object',
  advice: 'make it a method of the class, which all objects share, and call it on the object',
  find: (heap, claims, add) => {
    const codeOf = createCode(heap.graph);
    const byCode = nodesByKey(heap.graph, (node) => (fieldHolder(heap, node) === -1 ? -1 : codeOf(node)));
    const take = createTake(heap, claims);
    for (const nodes of byCode.values()) {
      if (nodes.length < fewestRows) continue;
      for (const node of nodes) add(node, take(node) + claims.take(fieldHolder(heap, node), wordBytes));
    }
  },
};

const fewestListeners = 100;

export const listenersInBulk: Finder = {
  kind: 'listeners-in-bulk',
  title: 'The same listener many times',
  advice: 'add one listener that finds what each event is for, and remove listeners that are no longer needed',
  find: (heap, claims, add) => {
    const codeOf = createCode(heap.graph);
    const elementsOf = followInternal(heap.graph, 'elements');
    const take = createTake(heap, claims);
    for (const list of objectsNamed(heap.graph, 'Array')) {
      const listeners = elementsIn(heap.graph, list);
      const [first] = listeners;
      if (listeners.length < fewestListeners || first === undefined || codeOf(first) === -1) continue;
      if (!listeners.every((one) => codeOf(one) === codeOf(first))) continue;
      for (const one of listeners.slice(1)) add(one, take(one));
      add(first, claims.takeAll(elementsOf(list)));
    }
  },
};

/** Returns the code of a function of the program, which all functions made by the same text share; -1 for others. */
const createCode = (graph: HeapGraph): ((node: number) => number) => {
  const sharedOf = followInternal(graph, 'shared');
  return (node) => (graph.nodeType[node] === nodeKinds.closure ? sharedOf(node) : -1);
};

/** Takes a function, and its context if no other object sees it. */
const createTake = (heap: Heap, claims: Claims): ((node: number) => number) => {
  const contextOf = followInternal(heap.graph, 'context');
  return (node) => {
    const context = contextOf(node);
    const holder = context === -1 ? -1 : heap.dominators.immediate[context];
    const isOwn = holder !== -1 && (holder === node || holder === fieldHolder(heap, node));
    return claims.takeAll(node) + (isOwn ? claims.takeAll(context) : 0);
  };
};

const fewestPromises = 1000;

export const settledPromises: Finder = {
  kind: 'settled-promises',
  title: 'Promises kept after they are settled',
  advice: 'when the promise is settled, put its value in its place: a Promise takes about 50 bytes',
  find: (heap, claims, add) => {
    const { graph, paths } = heap;
    const resultOf = followInternal(graph, 'reactions_or_result');
    const settled: number[] = [];
    for (const node of objectsNamed(graph, 'Promise')) {
      const result = resultOf(node);
      const isPending = result === -1 || graph.strings.get(graph.nodeName[result]) === 'system / PromiseReaction';
      const holder = graph.nodeType[paths.from[node]];
      if (!isPending && (holder === nodeKinds.object || holder === nodeKinds.array)) settled.push(node);
    }
    if (settled.length < fewestPromises) return;
    for (const node of settled) add(node, claims.takeAll(node));
  },
};
