/**
 * Collapsed stacks, the text that flame graph tools exchange: one stack a line, callers first, then its value:
 *   main (/srv/app.js:1);handle (/srv/app.js:9) 1234
 * The text has no units: memwatch writes microseconds or bytes, and reads counts.
 */
import { MemwatchError } from '../../errors.js';
import type { Location } from '../model/location.js';
import type { Frame, Profile } from '../model/profile.js';
import { createCallTree, createFrameTable } from '../model/profile-builder.js';

export const writeCollapsed = (profile: Profile): string => {
  const names = profile.frames.map(nameOf);
  const values = profile.values[0].self;
  const paths: string[] = [];
  const lines: string[] = [];
  for (let node = 0; node < profile.nodeCount; node++) {
    const name = names[profile.nodeFrame[node]];
    const parent = profile.nodeParent[node];
    paths[node] = parent < 0 ? name : `${paths[parent]};${name}`;
    const value = Math.round(values[node]);
    if (value > 0) lines.push(`${paths[node]} ${value}`);
  }
  return lines.join('\n') + (lines.length > 0 ? '\n' : '');
};

/** `;` parts frames and a line's end parts stacks, so neither may stand in a name; nor what a terminal would obey. */
const nameOf = ({ name, location }: Frame): string => {
  const clean = (text: string): string => text.replace(/;/g, ':').replace(/\p{Cc}+/gu, ' ');
  const shown = clean(name === '' ? '(anonymous)' : name);
  return location === undefined ? shown : `${shown} (${clean(location.file)}:${location.line})`;
};

export const isCollapsed = (text: string): boolean => /^\S.* \d+(\.\d+)?\r?$/m.test(text.slice(0, 65_536));

/** Throws `not-this-format`, `broken-file`. */
export const readCollapsed = (text: string): Profile => {
  const table = createFrameTable();
  const tree = createCallTree();
  const self: number[] = [];
  const lines = text.split(/\r?\n/);
  lines.forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const match = /^(.+) (\d+(?:\.\d+)?)$/.exec(line);
    if (match === null) throw lineError(line, index);
    let node = -1;
    for (const frame of match[1].split(';')) node = tree.child(node, table.add(...readFrame(frame)));
    self[node] = (self[node] ?? 0) + Number(match[2]);
  });
  if (tree.nodeFrame.length === 0)
    throw new MemwatchError('not-this-format', 'no collapsed stacks: the file has no lines');
  return {
    kind: 'other',
    frames: table.frames,
    nodeCount: tree.nodeFrame.length,
    nodeFrame: Uint32Array.from(tree.nodeFrame),
    nodeParent: Int32Array.from(tree.nodeParent),
    values: [{ name: 'samples', unit: 'count', self: Float64Array.from(tree.nodeFrame, (_, node) => self[node] ?? 0) }],
    lines: undefined,
    timeline: undefined,
    durationUs: 0,
    calls: undefined,
    notes: undefined,
  };
};

const lineError = (line: string, index: number): MemwatchError =>
  new MemwatchError(
    index === 0 ? 'not-this-format' : 'broken-file',
    `line ${index + 1} is no collapsed stack: ${JSON.stringify(line.slice(0, 60))}`,
  );

/** `name (file:line)`, or a name alone. */
const readFrame = (text: string): [string, Location | undefined] => {
  const match = /^(.*) \((.+):(\d+)\)$/.exec(text);
  if (match === null) return [text, undefined];
  return [match[1] === '(anonymous)' ? '' : match[1], { file: match[2], line: Number(match[3]), column: 0 }];
};
