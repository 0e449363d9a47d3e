/**
 * Objects that take more room than a fixed shape needs. In: a heap. Out: objects whose fields were added one by one, for
 * which V8 reserved room that they do not use or a separate store, and rows of numbers.
 */
import { followInternal, followProperty } from '../heap/follow.js';
import type { Heap } from '../heap/heap.js';
import { scriptUrlOf } from '../heap/modules.js';
import type { HeapGraph } from '../model/heap-graph.js';
import { isProgramFile } from '../model/scripts.js';
import type { Claims } from './claims.js';
import { edgeKinds, elementsIn, fewestRows, nodeKinds, nodesByKey, objectHeaderBytes, objectsNamed, wordBytes } from './layout.js'; // prettier-ignore
import type { Finder } from './kinds.js';

export const looseShapes: Finder = {
  kind: 'loose-shapes',
  title: 'Objects without a fixed shape',
  advice:
    'create them with all their fields: a literal that names every field, or a constructor that always sets all of them in the same order',
  find: (heap, claims, add) => {
    const propertiesOf = followInternal(heap.graph, 'properties');
    for (const { nodes, fields } of alikeObjects(heap)) {
      const fixedBytes = objectHeaderBytes + fields * wordBytes;
      const storeBytes = (node: number): number => Math.max(0, heap.graph.selfBytes[propertiesOf(node)] ?? 0);
      const bytesNow = nodes.reduce((sum, node) => sum + heap.graph.selfBytes[node] + storeBytes(node), 0);
      if (bytesNow <= nodes.length * fixedBytes) continue;
      const share = 1 - (nodes.length * fixedBytes) / bytesNow;
      for (const node of nodes) add(node, takeBoth(claims, node, propertiesOf(node), share * (heap.graph.selfBytes[node] + storeBytes(node)))); // prettier-ignore
    }
  },
};

/** Takes the bytes from an object's store of properties, and what is left from the object itself. */
const takeBoth = (claims: Claims, node: number, store: number, bytes: number): number => {
  const fromStore = store === -1 ? 0 : claims.take(store, bytes);
  return fromStore + claims.take(node, bytes - fromStore);
};

interface AlikeObjects {
  readonly nodes: number[];
  /** How many different fields they have together. */
  readonly fields: number;
}

/** Objects of one class of the program, and plain objects with one hidden class. */
const alikeObjects = (heap: Heap): AlikeObjects[] => {
  const { graph } = heap;
  const hiddenClasses = createHiddenClasses(heap);
  const groupOf = (node: number): number => {
    const hiddenClass = graph.nodeType[node] === nodeKinds.object ? hiddenClasses.of(node) : undefined;
    return hiddenClass === undefined || hiddenClass.keys.length === 0 ? -1 : hiddenClass.group;
  };
  const fieldsOf = (nodes: readonly number[]): number => {
    const all = new Set(nodes.map((node) => hiddenClasses.of(node)));
    return new Set([...all].flatMap((one) => one?.keys ?? [])).size;
  };
  return [...nodesByKey(graph, groupOf).values()]
    .filter((nodes) => nodes.length >= fewestRows)
    .map((nodes) => ({ nodes, fields: fieldsOf(nodes) }));
};

interface HiddenClass {
  /** The same number for all hidden classes of one class; plain objects have a group for each hidden class. */
  readonly group: number;
  /** Nodes of the names of its fields. */
  readonly keys: readonly number[];
}

/** V8 calls a hidden class a Map. undefined for objects that V8 or Node lays out, and for dictionaries. */
const createHiddenClasses = (heap: Heap): { of(node: number): HiddenClass | undefined } => {
  const { graph } = heap;
  const mapOf = followInternal(graph, 'map');
  const keysOf = createKeys(graph);
  const isLaidOutByProgram = createOrigin(graph);
  const known = new Map<number, HiddenClass | undefined>();
  const read = (node: number, map: number): HiddenClass | undefined => {
    const prototype = isLaidOutByProgram(node);
    if (prototype === -1) return undefined;
    const isPlain = graph.strings.get(graph.nodeName[node]) === 'Object';
    return { group: isPlain ? map : prototype, keys: keysOf(map) };
  };
  return {
    of: (node) => {
      const map = mapOf(node);
      if (map === -1) return undefined;
      if (!known.has(map)) known.set(map, read(node, map));
      return known.get(map);
    },
  };
};

/** The names that a hidden class has fields for. Its array of descriptors also has those of the hidden classes after it. */
const createKeys = (graph: HeapGraph): ((map: number) => number[]) => {
  const descriptorsOf = followInternal(graph, 'descriptors');
  return (map) => {
    const descriptors = descriptorsOf(map);
    if (descriptors === -1) return [];
    const keys: number[] = [];
    for (let edge = graph.firstEdge[descriptors]; edge < graph.firstEdge[descriptors + 1]; edge++) {
      const target = graph.edgeTarget[edge];
      if (graph.nodeType[target] === nodeKinds.string || graph.nodeType[target] === nodeKinds.symbol) keys.push(target);
    }
    return keys;
  };
};

/**
 * Returns the prototype of an object that has only fields which the program gave it; -1 for others: a Date, an Error, a
 * socket, and what extends them, have room for what is in no snapshot.
 */
const createOrigin = (graph: HeapGraph): ((node: number) => number) => {
  const prototypeOf = followProperty(graph, '__proto__');
  const constructorOf = followProperty(graph, 'constructor');
  const isOfProgram = (closure: number): boolean => {
    const url = closure === -1 ? undefined : scriptUrlOf(graph, closure);
    return url !== undefined && isProgramFile(url);
  };
  const isObject = (prototype: number): boolean => {
    const constructor = constructorOf(prototype);
    return constructor !== -1 && graph.strings.get(graph.nodeName[constructor]) === 'Object';
  };
  return (node) => {
    const first = prototypeOf(node);
    let at = first;
    while (at !== -1 && !isObject(at)) at = isOfProgram(constructorOf(at)) ? prototypeOf(at) : -1;
    return at === -1 ? -1 : first;
  };
};

/** An array must have this many. */
const fewestNumberRows = 1000;

export const numberRows: Finder = {
  kind: 'number-rows',
  title: 'Rows of numbers as objects',
  advice:
    'keep a Float64Array or Int32Array for each field and a row as an index: an object for each row takes 32 bytes more than its numbers',
  find: (heap, claims, add) => {
    const { graph } = heap;
    const elementsOf = followInternal(graph, 'elements');
    const numbersOf = createNumbers(heap);
    for (const list of objectsNamed(graph, 'Array')) {
      const rows = elementsIn(graph, list);
      if (rows.length < fewestNumberRows || !rows.every((row) => numbersOf(row) > 0)) continue;
      let bytes = claims.take(elementsOf(list), rows.length * wordBytes);
      for (const row of rows) bytes += claims.take(row, graph.selfBytes[row] - numbersOf(row) * wordBytes);
      add(list, bytes);
    }
  },
};

/** Returns how many fields an object has if all of them are numbers; 0 for others. */
const createNumbers = (heap: Heap): ((node: number) => number) => {
  const { graph } = heap;
  const hiddenClasses = createHiddenClasses(heap);
  const prototype = graph.strings.indexOf('__proto__');
  return (node) => {
    const fields = hiddenClasses.of(node)?.keys.length ?? 0;
    if (graph.selfBytes[node] !== objectHeaderBytes + fields * wordBytes) return 0;
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
      if (graph.edgeType[edge] !== edgeKinds.property || graph.edgeName[edge] === prototype) continue;
      if (graph.nodeType[graph.edgeTarget[edge]] !== nodeKinds.number) return 0;
    }
    return fields;
  };
};
