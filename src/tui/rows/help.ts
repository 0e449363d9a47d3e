/** Every key, in the order in which users need them. */
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
      ['Enter', 'open the row; for a finding or a line: its source'],
      ['Esc', 'back; clears a filter; stops a running action'],
      ['right left, l h', 'expand and collapse a row of a tree'],
      ['/', 'filter a list, search a flame graph; Enter keeps it'],
      ['< > r', 'sort by another column; reverse (or click a title)'],
      ['t', 'switch: fields, retainers, dominated; callers, callees'],
      ['o p', 'the source of the row; p: the finding’s next place'],
    ],
  ],
  [
    'Source and flame graph',
    [
      ['n N', 'next, previous hot line, or box of a search; ←→ scroll'],
      ['arrows, hjkl', 'from box to box; Enter zooms in, Esc out, g shows all'],
    ],
  ],
  [
    'Actions (a lists them)',
    [
      ['L', 'find leaks: what grows, what retains it, which line'],
      ['S', 'heap snapshot; shows its pause and memory first'],
      ['C A E', 'profile CPU, allocations; exactly, without inlining'],
      ['W', 'watch the CPU: functions of the last seconds; pause'],
      ['M D', 'what the RSS holds, limits; what every thread does'],
      ['F', 'force a garbage collection'],
      ['w y Y', 'write the screen to a file; copy the location; the path'],
      ['q, Ctrl-C', 'quit and restore the process; Ctrl-Z suspends'],
      ['Shift + mouse', 'selects text, in most terminals'],
    ],
  ],
  [
    'Recording',
    [
      ['right left', 'the next and previous reading; PgUp PgDn a tenth of it'],
      ['Space', 'play, pause; g G its start and its end'],
    ],
  ],
];

export const helpLines = (): Line[] =>
  sections.flatMap(([title, keys]) => [
    line(span(title, 'title')),
    ...keys.map(([key, meaning]) => line(span(`  ${padEnd(key, 17)}`, 'key'), meaning)),
  ]);
