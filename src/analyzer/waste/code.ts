/** Code that is kept and not needed. In: a heap. Out: scripts that were loaded again, and source maps in memory. */
import type { HeapGraph } from '../model/heap-graph.js';
import { isProgramFile } from '../model/scripts.js';
import { followInternal } from '../heap/follow.js';
import { nodeKinds } from './layout.js';
import { preorderPlaces, takeSubtree } from './subtree.js';
import type { Finder } from './kinds.js';
import { cutNote } from './strings.js';

/** Scripts with the same key and the same text as an earlier one: what each of them takes. */
const findAgain =
  (keyOf: (url: string) => string | undefined, note?: string): Finder['find'] =>
  (heap, claims, add) => {
    const { graph } = heap;
    const again = loadedAgain(graph, keyOf);
    const scriptOf = createScript(graph);
    const places = preorderPlaces(heap);
    for (let node = 0; node < graph.nodeCount; node++) {
      const script = again.has(node) ? node : scriptOf(node);
      if (!again.has(script)) continue;
      let bytes = 0;
      for (const part of places.subtree(node)) if (isCode(graph, part)) bytes += claims.takeAll(part);
      add(script, bytes, note);
    }
  };

const withoutQuery = (url: string): string => url.replace(/\?.*/s, '');

export const scriptsTwice: Finder = {
  kind: 'scripts-twice',
  title: 'The same code loaded again',
  advice:
    'load it once: keep the module instead of deleting it from require.cache or importing it with another query, and compile a text once with vm.Script',
  find: findAgain(withoutQuery),
};

/** The file's path in its package, wherever that is installed. */
const fileInPackage = (url: string): string | undefined =>
  /.*[\\/]node_modules[\\/](.+)$/s.exec(withoutQuery(url))?.[1];

export const packagesTwice: Finder = {
  kind: 'packages-twice',
  title: 'The same code of packages that are installed in several places',
  advice: 'install them once: npm dedupe, or one version for all that need it (npm ls shows who needs which)',
  find: findAgain(fileInPackage, cutNote),
};

const isCode = (graph: HeapGraph, node: number): boolean =>
  graph.nodeType[node] !== nodeKinds.object && graph.nodeType[node] !== nodeKinds.closure;

/** Scripts of the program with the key and the text of an earlier one. */
const loadedAgain = (graph: HeapGraph, keyOf: (url: string) => string | undefined): Set<number> => {
  const sourceOf = followInternal(graph, 'source');
  const nameOf = followInternal(graph, 'name');
  const first = new Set<string>();
  const again = new Set<number>();
  for (let node = 0; node < graph.nodeCount; node++) {
    const source = graph.nodeType[node] === nodeKinds.code ? sourceOf(node) : -1;
    const name = source === -1 ? -1 : nameOf(node);
    const url = name === -1 ? '' : graph.strings.get(graph.nodeName[name]);
    const file = isProgramFile(url) ? keyOf(url) : undefined;
    if (file === undefined) continue;
    const key = [file, graph.nodeName[source], graph.selfBytes[source]].join();
    if (first.has(key)) again.add(node);
    else first.add(key);
  }
  return again;
};

/** Returns the script that the code of a function belongs to; -1 for other nodes. V8 has renamed the edge. */
const createScript = (graph: HeapGraph): ((node: number) => number) => {
  const follow = ['script', 'script_or_debug_info'].map((name) => followInternal(graph, name));
  return (node) => {
    if (graph.nodeType[node] !== nodeKinds.code) return -1;
    return follow.map((one) => one(node)).find((script) => script !== -1) ?? -1;
  };
};

/** Classes that hold a parsed source map: Node's own, and those of the packages that read them. */
const mapClasses = ['SourceMap', 'SourceMapConsumer', 'BasicSourceMapConsumer', 'IndexedSourceMapConsumer', 'TraceMap'];
/** A source map is a JSON text with these fields. */
const mapText = /^\{.{0,200}"(?:version":\s*3|mappings"|sources")/s;
const fewestMapBytes = 1000;

export const sourceMaps: Finder = {
  kind: 'source-maps',
  title: 'Source maps in memory',
  advice:
    'run without --enable-source-maps, source-map-support and inline source maps where memory counts: memwatch and debuggers read the map from its file',
  find: (heap, claims, add) => {
    const { graph } = heap;
    const names = new Set(mapClasses.map((name) => graph.strings.indexOf(name)).filter((index) => index !== -1));
    for (let node = 0; node < graph.nodeCount; node++) {
      const isMap =
        (graph.nodeType[node] === nodeKinds.object && names.has(graph.nodeName[node])) ||
        (graph.nodeType[node] === nodeKinds.string &&
          graph.selfBytes[node] > fewestMapBytes &&
          mapText.test(graph.strings.get(graph.nodeName[node])));
      if (isMap) add(node, takeSubtree(heap, claims, node));
    }
  },
};
