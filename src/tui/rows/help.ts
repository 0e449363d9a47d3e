/** Every key, in the order in which it is needed. */
import { line, span, type Line } from './line.js';
import { padEnd } from './text.js';

const sections: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Screens',
    [
      ['1 2 3 4 5', 'Live, Heap, Growth, CPU or Allocations, Lines; Tab'],
      ['v', 'another view: dominator tree, flame graph, objects, …'],
      ['T P', 'another thread, a child process; back to its parent'],
    ],
  ],
  [
    'In a list',
    [
      ['arrows, j k', 'one row; PgUp PgDn a page, also of long evidence; g G'],
      ['Enter', 'go into the row; on a finding or a line: its source'],
      ['Esc', 'back; clears a filter; stops work that goes on'],
      ['right left, l h', 'open and close a row of a tree'],
      ['/', 'filter as you type; Enter keeps it, Esc clears it'],
      ['< > r', 'sort by another column; reverse (or click a title)'],
      ['t', 'turn: fields, holders, what it alone keeps; callers, callees'],
      ['o p', 'the source of the row; p: a finding’s next place'],
    ],
  ],
  [
    'Source and flame graph',
    [
      ['n N', 'next, previous hot line, the hottest first; ←→ scroll'],
      ['arrows, hjkl', 'from box to box; Enter zooms in, Esc out, g shows all'],
    ],
  ],
  [
    'Actions (a lists them)',
    [
      ['L', 'find leaks: what grows, who keeps it, which line'],
      ['S', 'heap snapshot; its pause and memory are shown first'],
      ['C A', 'profile CPU, allocations'],
      ['F', 'force a garbage collection'],
      ['w y Y', 'write the screen to a file; copy the place; copy the path'],
      ['q, Ctrl-C', 'quit and leave the process as it was; Ctrl-Z suspends'],
      ['Shift + mouse', 'selects text, in most terminals'],
    ],
  ],
];

export const helpLines = (): Line[] =>
  sections.flatMap(([title, keys]) => [
    line(span(title, 'title')),
    ...keys.map(([key, meaning]) => line(span(`  ${padEnd(key, 17)}`, 'key'), meaning)),
  ]);
