/**
 * A list of processes on the terminal, from which the user picks one with the arrow keys, by its number, or by typing its
 * process id. In: the processes. Out: the process id; Esc, q and Ctrl-C throw `interrupted`. The terminal is restored.
 */
import { once } from 'node:events';
import { MemwatchError } from '../errors.js';
import { renderTable, type TableColumn } from '../report/table.js';
import { emptyLine, fitHeight, fitLine, line, span, type Line } from '../tui/rows/line.js';
import { colorDepth } from '../tui/rows/theme.js';
import { startGuardian } from '../tui/terminal/guardian.js';
import { openTerminal } from '../tui/terminal/screen.js';
import { columnsFor, type Choice } from './choose-target.js';

export const pickProcess = async (choices: readonly Choice[], signal: AbortSignal): Promise<number> => {
  const guardian = await startGuardian();
  const picked = new AbortController();
  let pid: number | undefined;
  const pick = (choice: Choice | undefined): void => {
    pid = choice?.pid;
    picked.abort();
  };
  let cursor = 0;
  const draw = (): void => terminal.draw(linesOf(choices, cursor, terminal.columns, terminal.rows));
  const terminal = openTerminal(colorDepth(process.env), 'memwatch', {
    onKey: (key) => {
      const number = /^[1-9]$/.test(key) ? choices[Number(key) - 1] : undefined;
      if (['escape', 'q', 'C-c'].includes(key)) pick(undefined);
      else if (key === 'enter') pick(choices[cursor]);
      else if (number !== undefined) pick(number);
      else if (key === 'C-z') terminal.suspend();
      else cursor = moved(cursor, key, choices.length);
      draw();
    },
    onResize: draw,
    guardian,
  });
  try {
    draw();
    await once(AbortSignal.any([signal, picked.signal]), 'abort');
    if (pid === undefined) throw new MemwatchError('interrupted', 'no process was chosen');
    return pid;
  } finally {
    terminal.close();
    guardian.goodbye();
  }
};

const steps: Readonly<Record<string, number>> = { up: -1, k: -1, down: 1, j: 1, pageup: -10, pagedown: 10 };

const moved = (cursor: number, key: string, count: number): number =>
  Math.min(count - 1, Math.max(0, cursor + (steps[key] ?? 0)));

const linesOf = (choices: readonly Choice[], cursor: number, columns: number, rows: number): Line[] => {
  const numbered: TableColumn<Choice> = {
    title: '',
    align: 'right',
    cell: (choice) => (choices.indexOf(choice) < 9 ? String(choices.indexOf(choice) + 1) : ''),
  };
  const pid: TableColumn<Choice> = { title: 'PID', align: 'right', cell: (choice) => String(choice.pid) };
  const mark: TableColumn<Choice> = {
    title: '',
    align: 'left',
    cell: (choice) => (choices.indexOf(choice) === cursor ? '>' : ' '),
  };
  const [title = '', ...table] = renderTable([mark, numbered, pid, ...columnsFor(choices)], choices, columns);
  const room = rows - 5;
  const top = Math.max(0, cursor - room + 1);
  const shown = table.slice(top, top + room).map((text, at) => ({ ...line(text), selected: top + at === cursor }));
  const head = [line(span('which Node process?', 'title')), emptyLine, line(span(title, 'dim'))];
  const foot = line(span('↑ ↓ and Enter, or its number, choose; Esc leaves', 'header'));
  return [...fitHeight([...head, ...shown], rows - 1), foot].map((one) => fitLine(one, columns));
};
