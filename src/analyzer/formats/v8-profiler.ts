/**
 * CPU profiles as v8-profiler and v8-profiler-next write them. In: their JSON. Out: a Profile.
 *   type 0 { head: { functionName, url, lineNumber, hitCount, children: [node…], lineTicks }, startTime (s), timestamps (us) }
 *   type 1 { typeId: 'CPU', nodes: [{ callFrame: { …, lineTicks } }…], startTime (us), timeDeltas }
 * Both packages pass on V8's 1-based places. Older ones subtract one, as the inspector does: their root is on line -1.
 */
import { MemwatchError } from '../../errors.js';
import { decodeCpuProfile } from './cpuprofile.js';
import { cpuProfileFile, type CpuProfileFile, type CpuProfileNode } from './cpuprofile-shape.js';
import { objectOf, type ProfileFormat } from './file-content.js';
import { fieldsOf, list, number, object, optional, orNothing, record, text, type Shape } from './shape.js';

interface LineTick {
  readonly line: number;
  readonly hitCount: number;
}

interface TreeNode {
  readonly id: number;
  readonly functionName: string;
  readonly scriptId: string | number;
  readonly url: string;
  /** A text in files of cpuprofilify, and so are the times of the file. */
  readonly lineNumber: number | string;
  readonly columnNumber?: number;
  readonly hitCount: number;
  readonly lineTicks?: readonly LineTick[];
  readonly children: readonly TreeNode[];
}

interface TreeFile {
  readonly head: TreeNode;
  readonly samples?: readonly number[];
  readonly timestamps?: readonly number[];
  readonly startTime?: number | string;
  readonly endTime?: number | string;
}

const checkTicks = optional(list(record<LineTick>({ line: number, hitCount: number })));
const scriptId: Shape<string | number> = (value, at) => (typeof value === 'number' ? value : text(value, at));
/** A number, or a text with one, as cpuprofilify writes them. */
const numeric: Shape<number | string> = (value, at) =>
  typeof value === 'string' && Number.isFinite(Number(value)) ? value : number(value, at);

/** Without its children, which are checked one by one: trees may be deep. */
const treeNode = record<TreeNode>({
  id: number,
  functionName: text,
  scriptId: orNothing(scriptId),
  url: text,
  lineNumber: orNothing(numeric),
  columnNumber: optional(number),
  hitCount: number,
  lineTicks: checkTicks,
  children: list(object<TreeNode>),
});

const treeFile = record<TreeFile>({
  head: treeNode,
  samples: optional(list(number)),
  timestamps: optional(list(number)),
  startTime: optional(numeric),
  endTime: optional(numeric),
});

type Document = Readonly<Record<string, unknown>>;

export const v8ProfilerFormat: ProfileFormat = {
  name: 'a CPU profile of v8-profiler (.cpuprofile)',
  command: 'cpu',
  matches: (content) => isTree(objectOf(content)) || isList(objectOf(content)),
  read: (content) => {
    const document = objectOf(content);
    return decodeCpuProfile(isTree(document) ? fromTree(document) : fromList(document), undefined);
  },
};

const isTree = (document: Document): boolean => {
  const { hitCount, functionName } = fieldsOf(document['head']);
  return typeof hitCount === 'number' && typeof functionName === 'string';
};

const isList = ({ typeId, nodes }: Document): boolean => typeId === 'CPU' && Array.isArray(nodes);

/** `startTime` and `endTime` are whole seconds, so the time is taken only from the samples. */
const fromTree = (document: Document): CpuProfileFile => {
  const { head, samples, timestamps, startTime = 0, endTime = 0 } = treeFile(document, '');
  const { nodes, renumbered } = flatten(head);
  if (samples === undefined || timestamps === undefined || samples.length === 0)
    return { nodes, startTime: Number(startTime) * 1e6, endTime: Number(endTime) * 1e6 };
  return {
    nodes,
    startTime: timestamps[0],
    endTime: timestamps[timestamps.length - 1],
    samples: samples.map((id) => renumbered.get(id) ?? missing(id)),
    timeDeltas: timestamps.map((at, index) => (index === 0 ? 0 : at - timestamps[index - 1])),
  };
};

const missing = (id: number): never => {
  throw new MemwatchError('broken-file', `a sample refers to node ${id}, which does not exist`);
};

/**
 * Nodes get new numbers, because some tools write an id twice; `renumbered` leads from an id of the file to the last node
 * visited that has it.
 */
const flatten = (head: TreeNode): { nodes: CpuProfileNode[]; renumbered: Map<number, number> } => {
  const base = baseOf(Number(head.lineNumber));
  const nodes: CpuProfileNode[] = [];
  const renumbered = new Map<number, number>();
  const stack: { node: TreeNode; parent: number | undefined }[] = [{ node: head, parent: undefined }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, parent } = next;
    const id = nodes.length + 1;
    renumbered.set(node.id, id);
    treeNode(node, 'a node of the profile');
    const { functionName, scriptId, url, lineNumber, columnNumber = base, lineTicks } = node;
    const at = { lineNumber: Number(lineNumber) - base, columnNumber: columnNumber - base };
    nodes.push({
      id,
      parent,
      callFrame: { functionName, scriptId: String(scriptId), url, ...at },
      hitCount: node.hitCount,
      positionTicks: ticksOf(lineTicks),
    });
    for (const child of node.children) stack.push({ node: child, parent: id });
  }
  return { nodes, renumbered };
};

/** The number of a file's first line: its root has no line, which is written as 0, or as -1 if one was subtracted. */
const baseOf = (rootLine: number): 0 | 1 => (rootLine < 0 ? 0 : 1);

const ticksOf = (ticks: readonly LineTick[] = []): { line: number; ticks: number }[] =>
  ticks.map(({ line, hitCount }) => ({ line, ticks: hitCount }));

const fromList = (document: Document): CpuProfileFile => {
  const file = cpuProfileFile({ startTime: 0, endTime: 0, ...document }, '');
  const base = baseOf(file.nodes[0]?.callFrame.lineNumber ?? -1);
  const nodes = file.nodes.map((node) => {
    const { functionName, scriptId, url, lineNumber, columnNumber } = node.callFrame;
    const at = { lineNumber: lineNumber - base, columnNumber: columnNumber - base };
    const lineTicks = checkTicks(fieldsOf(node.callFrame)['lineTicks'], 'lineTicks');
    const positionTicks = node.positionTicks ?? ticksOf(lineTicks);
    return { ...node, callFrame: { functionName, scriptId, url, ...at }, positionTicks };
  });
  return { ...file, nodes };
};
