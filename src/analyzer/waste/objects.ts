/**
 * Objects that take more room than their content needs: in, a heap; out, dictionary mode, boxed numbers, bound
 * functions.
 */
import { followInternal } from '../heap/follow.js';
import type { HeapGraph } from '../model/heap-graph.js';
import { capacityOf, fewestRows, fieldHolder, nodesByKey, nodeKinds, objectHeaderBytes, wordBytes } from './layout.js';
import { wordOfEdge } from '../heap/ways.js';
import type { Finder } from './kinds.js';

/** A dictionary of properties: six words, then key, value and details of each property. */
const firstKeyWord = 6;
const propertyWords = 3;
/** V8 turns every object with more properties into a dictionary: such an object is meant as one. */
const maxFields = 128;

export const dictionaryObjects: Finder = {
  kind: 'dictionary-objects',
  title: 'Objects in dictionary mode',
  advice:
    'give all of them the same fields in the same order, in the constructor or the literal; set a field to undefined instead of deleting it',
  find: ({ graph }, claims, add) => {
    const rows = new Map<string, { node: number; store: number; fields: number }[]>();
    const keysOf = dictionaryKeys(graph);
    const storeOf = followInternal(graph, 'properties');
    const constructor = graph.strings.indexOf('constructor'); // prototypes are in dictionary mode until they are used
    for (let node = 0; node < graph.nodeCount; node++) {
      if (graph.nodeType[node] !== nodeKinds.object) continue;
      const store = storeOf(node);
      const keys = store === -1 ? [] : keysOf(store);
      if (keys.length === 0 || keys.length > maxFields || keys.includes(constructor)) continue;
      const shape = `${graph.nodeName[node]}:${keys.toSorted((a, b) => a - b).join(',')}`;
      const known = rows.get(shape);
      if (known === undefined) rows.set(shape, [{ node, store, fields: keys.length }]);
      else known.push({ node, store, fields: keys.length });
    }
    for (const row of rows.values()) {
      if (row.length < fewestRows) continue;
      for (const { node, store, fields } of row) {
        const fixed = objectHeaderBytes + fields * wordBytes;
        add(node, claims.take(store, graph.selfBytes[store] + graph.selfBytes[node] - fixed));
      }
    }
  },
};

/** Returns the names of a dictionary's keys; none if the store is not a dictionary. */
const dictionaryKeys = (graph: HeapGraph): ((store: number) => number[]) => {
  const wordOf = wordOfEdge(graph);
  return (store) => {
    const room = (capacityOf(graph, store) - firstKeyWord) / propertyWords;
    if (room < 2 || Math.log2(room) % 1 !== 0) return [];
    const keys: number[] = [];
    for (let edge = graph.firstEdge[store]; edge < graph.firstEdge[store + 1]; edge++) {
      const word = wordOf(edge) - firstKeyWord;
      if (word < 0 || word % propertyWords !== 0) continue;
      const key = graph.edgeTarget[edge];
      if (graph.nodeType[key] !== nodeKinds.string) return [];
      keys.push(graph.nodeName[key]);
    }
    return keys;
  };
};

/** Numbers that have an object of their own: fractions, and integers beyond 2^31, in fields and in mixed arrays. */
export const boxedNumbers: Finder = {
  kind: 'boxed-numbers',
  title: 'Numbers stored as separate objects',
  advice:
    'keep them in a Float64Array for each field, or as whole numbers (cents, milliseconds): each of them takes 16 bytes more',
  find: ({ graph, paths }, claims, add) => {
    for (let node = 0; node < graph.nodeCount; node++) {
      if (graph.nodeType[node] !== nodeKinds.number || graph.selfBytes[node] === 0) continue;
      const holder = paths.from[node];
      const type = graph.nodeType[holder];
      if (type === nodeKinds.object || type === nodeKinds.array) add(node, claims.takeAll(node));
    }
  },
};

/** One function that is bound for each of many objects. */
export const boundFunctions: Finder = {
  kind: 'bound-functions',
  title: 'Functions bound for each object',
  advice: 'call the method on its object (() => this.method() where it is used), or bind once for all of them',
  find: (heap, claims, add) => {
    const { graph } = heap;
    const boundOf = followInternal(graph, 'bound_function');
    const argumentsOf = followInternal(graph, 'bindings');
    const byFunction = nodesByKey(graph, (node) => (graph.nodeType[node] === nodeKinds.closure ? boundOf(node) : -1));
    for (const nodes of byFunction.values()) {
      if (nodes.length < fewestRows) continue;
      for (const node of nodes) {
        const store = argumentsOf(node);
        const field = fieldHolder(heap, node);
        const slot = field === -1 ? 0 : claims.take(field, wordBytes);
        add(node, claims.takeAll(node) + slot + (store === -1 ? 0 : claims.takeAll(store)));
      }
    }
  },
};
