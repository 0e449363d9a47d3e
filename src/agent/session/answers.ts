/** Checks answers of the inspector protocol, as far as memwatch reads them without looking again. In: an answer. Out: the same. */
import type { ProtocolMapping } from 'devtools-protocol/types/protocol-mapping.js';
import { MemwatchError } from '../../errors.js';

type Commands = ProtocolMapping.Commands;

/** The fields of an answer that memwatch reads without checking them again. */
const answerFields: { readonly [M in keyof Commands]?: readonly (keyof Commands[M]['returnType'])[] } = {
  'Runtime.evaluate': ['result'],
  'Runtime.callFunctionOn': ['result'],
  'Runtime.getProperties': ['result'],
  'Runtime.queryObjects': ['objects'],
  'Runtime.getHeapUsage': ['usedSize', 'totalSize'],
  'Profiler.stop': ['profile'],
  'Profiler.takePreciseCoverage': ['result'],
  'HeapProfiler.stopSampling': ['profile'],
  'HeapProfiler.getSamplingProfile': ['profile'],
  'HeapProfiler.getHeapObjectId': ['heapSnapshotObjectId'],
  'HeapProfiler.getObjectByHeapObjectId': ['result'],
  'Debugger.getScriptSource': ['scriptSource'],
};

/** Checks an answer: what listens there may not be an inspector and can send anything. */
export const checked = (method: string, result: unknown): unknown => {
  const fields: readonly string[] = Object.entries(answerFields).find(([name]) => name === method)?.[1] ?? [];
  const missing = fields.find((field) => (Reflect.get(Object(result), field) ?? null) === null);
  if (missing === undefined && hasCallTree(result)) return result;
  if (missing === undefined) throw new MemwatchError('target-error', `the answer to ${method} contains no profile`);
  throw new MemwatchError('target-error', `the answer to ${method} has no ${missing}`, {
    hint: 'is it the inspector of a Node process?',
  });
};

/** Of an answer with a profile: each node of it names its function, and, of a tree, has children. */
const hasCallTree = (result: unknown): boolean => {
  const profile: unknown = Reflect.get(Object(result), 'profile');
  if (profile === undefined) return true;
  const { nodes, head } = Object(profile) as { nodes?: unknown; head?: unknown };
  return Array.isArray(nodes) ? nodes.every(isNode) : isTree(head);
};

const isNode = (node: unknown): boolean => {
  const frame: unknown = Reflect.get(Object(node), 'callFrame');
  return ['functionName', 'url'].every((name) => typeof Reflect.get(Object(frame), name) === 'string');
};

/** Without recursion: whoever sends it may make it deep. */
const isTree = (head: unknown): boolean => {
  const open = [head];
  for (let node = open.pop(); node !== undefined || open.length > 0; node = open.pop()) {
    const children: unknown = Reflect.get(Object(node), 'children');
    if (!isNode(node) || !Array.isArray(children)) return false;
    for (const child of children) open.push(child ?? null);
  }
  return head !== undefined;
};
