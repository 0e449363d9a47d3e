/**
 * V8's sampling allocation profile, `.heapprofile`: one JSON object
 *   { head: { callFrame, selfSize, id, children: [node…] }, samples?: [{ size, nodeId, ordinal }…], memwatch?: notes }
 * V8's sampler either counts everything that is allocated or forgets what dies, so memwatch samples twice. The file's own tree is
 * what was allocated; `memwatch.live` is the tree of what a second phase of the same length left alive.
 */
import { MemwatchError } from '../../errors.js';
import type { CaptureNotes, Profile, ValueColumn } from '../model/profile.js';
import { createCallTree, type CallTree } from '../model/profile-builder.js';
import { objectOf, type ProfileFormat } from './file-content.js';
import { fieldsOf, flag, list, number, object, optional, orNothing, record } from './shape.js';
import {
  callFrame,
  createFrameReader,
  noteFields,
  parseJsonObject,
  readNotesAs,
  type CallFrame,
  type FrameReader,
} from './v8-profile.js';

export interface HeapProfileNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapProfileNode[];
}

export interface HeapProfileNotes extends CaptureNotes {
  readonly durationUs: number;
  /** What is still alive; absent if survivors were not asked for. */
  readonly live?: HeapProfileNode;
  /** The file's own tree contains only survivors: what was allocated was not asked for. */
  readonly survivorsOnly?: boolean;
}

/** Without its children, which are checked one by one: trees may be deep. */
const heapProfileNode = record<HeapProfileNode>({
  callFrame,
  selfSize: number,
  children: list(object<HeapProfileNode>),
});

const heapProfileNotes = record<HeapProfileNotes>({
  ...noteFields,
  durationUs: orNothing(number),
  live: optional(object<HeapProfileNode>),
  survivorsOnly: optional(flag),
});

type Document = Readonly<Record<string, unknown>>;

const isHeapProfile = (document: Document): boolean => {
  const { callFrame: frame, selfSize } = fieldsOf(document['head']);
  return typeof fieldsOf(frame)['functionName'] === 'string' && typeof selfSize === 'number';
};

/** Throws `not-this-format`, `broken-file`. */
export const readHeapProfile = (text: string): Profile => {
  const document = parseJsonObject(text, '.heapprofile');
  if (!isHeapProfile(document))
    throw new MemwatchError('not-this-format', 'not a .heapprofile: it has no tree of allocations');
  return decodeDocument(document);
};

export const heapProfileFormat: ProfileFormat = {
  name: 'an allocation profile of V8 (.heapprofile)',
  command: 'alloc',
  matches: (content) => isHeapProfile(objectOf(content)),
  read: (content) => decodeDocument(objectOf(content)),
};

const decodeDocument = (document: Document): Profile =>
  decode(heapProfileNode(document['head'], 'head'), readNotesAs(document, heapProfileNotes));

/** A file from another tool may contain everything that was allocated, or only survivors; it does not say which. */
const decode = (head: HeapProfileNode, notes: HeapProfileNotes | undefined): Profile => {
  const reader = createFrameReader(notes);
  const tree = createCallTree();
  const first = addTree(head, tree, reader);
  const live = notes?.live === undefined ? undefined : addTree(notes.live, tree, reader);
  const nodeCount = tree.nodeFrame.length;
  const column = (name: string, self: readonly number[]): ValueColumn => ({
    name,
    unit: 'bytes',
    self: Float64Array.from({ length: nodeCount }, (_, node) => self[node] ?? 0),
  });
  const own = column(notes?.survivorsOnly === true ? 'live' : 'allocated', first);
  return {
    kind: 'allocations',
    frames: reader.table.frames,
    nodeCount,
    nodeFrame: Uint32Array.from(tree.nodeFrame),
    nodeParent: Int32Array.from(tree.nodeParent),
    values: live === undefined ? [own] : [own, column('live', live)],
    lines: undefined,
    timeline: undefined,
    durationUs: notes?.durationUs ?? 0,
    calls: undefined,
    notes,
  };
};

/** Adds V8's tree to memwatch's; returns the self bytes of each node. Uses an explicit stack, because trees may be deep. */
const addTree = (head: HeapProfileNode, tree: CallTree, reader: FrameReader): number[] => {
  const self: number[] = [];
  const stack: { node: HeapProfileNode; parent: number }[] = [{ node: head, parent: -1 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    heapProfileNode(next.node, 'a node of the profile');
    const index = tree.child(next.parent, reader.frame(next.node.callFrame));
    self[index] = (self[index] ?? 0) + next.node.selfSize;
    for (const node of next.node.children) stack.push({ node, parent: index });
  }
  return self;
};
