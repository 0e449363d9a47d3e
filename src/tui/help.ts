/** Every key, in the order in which it is needed. */
import { line, span, type Line } from './line.js';
import { padEnd } from './text.js';

const sections: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Screens',
    [
      ['1 2 3 4 5', 'Live, Heap, Growth, CPU, Lines (Tab, Shift-Tab: the next, the one before; or click)'],
      ['v', 'another view of the same data: classes or dominator tree, functions or flame graph, …'],
      ['T', 'another thread of the process, and its child processes'],
    ],
  ],
  [
    'In a list',
    [
      ['arrows, j k', 'one row; PgUp PgDn, Ctrl-B Ctrl-F a page; Ctrl-U Ctrl-D half; g G the ends; or the wheel'],
      ['Enter', 'go into the row: a class, an object, a function, a finding (or click it again)'],
      ['Esc', 'one step back; clears a filter; stops work that goes on'],
      ['right left, l h', 'open and close a row of a tree'],
      ['/', 'filter as you type; Enter keeps it, Esc clears it'],
      ['< > r', 'sort by the column before, after; reverse (or click a column’s title)'],
      ['t', 'turn: fields or what holds the object; callers or callees'],
      ['o', 'open the line of source that the row stands for'],
    ],
  ],
  [
    'Source and flame graph',
    [
      ['n N', 'next, previous hot line, the hottest first'],
      ['arrows, hjkl', 'from box to box; Enter makes a box as wide as the screen, Esc goes back out, g shows all'],
    ],
  ],
  [
    'Actions (a lists them)',
    [
      ['L', 'find leaks: what grows, who keeps it, which line'],
      ['S', 'take a heap snapshot; the pause and the memory it costs are shown first'],
      ['C A', 'profile CPU or allocations'],
      ['F', 'force a garbage collection'],
      ['w y', 'write the screen to a file; copy the path or place under the cursor'],
      ['q, Ctrl-C', 'quit: detaches, and leaves the process as it was; Ctrl-Z suspends'],
      ['Shift + mouse', 'selects text, in most terminals'],
    ],
  ],
];

export const helpLines = (): Line[] =>
  sections.flatMap(([title, keys]) => [
    line(span(title, 'title')),
    ...keys.map(([key, meaning]) => line(span(`  ${padEnd(key, 17)}`, 'key'), meaning)),
  ]);
