/**
 * The real program in a real terminal: tmux, on its own socket, which ends with the tests. In: a command line and a size.
 * Out: what is on the screen, and a way to press keys. Tests that need it are skipped if tmux is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { repository } from './paths.js';
import { eventually } from './waiting.js';

const socket = `memwatch-test-${process.pid}`;
const tmux = (...args: string[]): string =>
  execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', timeout: 10_000 });

/** Why tests in a terminal cannot run here; false if they can. For `test(name, { skip })`. */
export const noTmux: string | false =
  spawnSync('tmux', ['-V']).status === 0 ? false : 'tmux is not installed: no test in a terminal';

process.on('exit', () => spawnSync('tmux', ['-L', socket, 'kill-server'], { stdio: 'ignore' }));

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface TestTerminal {
  /** tmux's names: `Enter`, `Escape`, `Up`, `C-c`, `a`. */
  keys(...keys: string[]): void;
  /** Bytes as a terminal sends them, such as those of a mouse. */
  bytes(text: string): void;
  /** Presses the left button at a cell, counted from 0. */
  click(x: number, y: number): void;
  resize(columns: number, rows: number): void;
  /** The screen as text; with escapes: colours as well. */
  screen(options?: { escapes: boolean }): string;
  /** Waits until the screen matches, and returns the screen; throws with the screen after 60 s. */
  until(pattern: RegExp): Promise<string>;
  /** Like `until`; then waits until nothing on the screen is pending and it no longer changes. */
  settled(pattern: RegExp): Promise<string>;
  /** `screen 0 mouse 0 cursor 1`: whether the alternate screen, the mouse and the cursor are on. */
  modes(): string;
  /** Waits until a program has put text on the terminal's clipboard, which takes a process of its own, and returns it. */
  clipboard(): Promise<string>;
  /** The process id of the foreground program. */
  pid(): number;
}

let sessions = 0;

/** A shell in a terminal, with a prompt that the tests know. */
export const openTerminal = (t: TestContext, options: TerminalOptions): TestTerminal => {
  const name = `s${++sessions}`;
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...outer } = process.env;
  const env = Object.entries({ PS1: 'PROMPT> ', TERM: 'screen-256color', ...options.env });
  execFileSync(
    'tmux',
    ['-L', socket, '-f', '/dev/null', 'new-session', '-d', '-s', name]
      .concat(['-x', String(options.columns), '-y', String(options.rows), '-c', options.cwd ?? repository('.')])
      .concat(['env', ...env.map(([key, value]) => `${key}=${value}`), 'bash', '--norc', '--noprofile']),
    { env: { ...outer, LC_ALL: 'C.UTF-8' }, timeout: 10_000 },
  );
  tmux('set-option', '-s', 'exit-empty', 'off'); // or a test could find a server that is just ending after the one before
  tmux('set-option', '-t', name, 'status', 'off');
  tmux('set-option', '-t', name, 'escape-time', '0');
  tmux('set-option', '-s', 'set-clipboard', 'external'); // tmux's default
  t.after(() => spawnSync('tmux', ['-L', socket, 'kill-session', '-t', name], { stdio: 'ignore' }));
  return driver(name);
};

const driver = (name: string): TestTerminal => {
  const screen = (options = { escapes: false }): string =>
    tmux('capture-pane', '-p', ...(options.escapes ? ['-e'] : []), '-t', name);
  const bytes = (text: string): void => void tmux('send-keys', '-t', name, '-l', text);
  const until = async (pattern: RegExp): Promise<string> => {
    for (let waited = 0; waited < 60_000; waited += 40) {
      if (pattern.test(screen())) return screen();
      await new Promise((go) => setTimeout(go, 40));
    }
    throw new Error(`the screen never showed ${pattern}; it shows:\n${screen()}`);
  };
  return {
    keys: (...keys) => void tmux('send-keys', '-t', name, ...keys),
    bytes,
    click: (x, y) => bytes(`\x1b[<0;${x + 1};${y + 1}M\x1b[<0;${x + 1};${y + 1}m`),
    resize: (columns, rows) => void tmux('resize-window', '-t', name, '-x', String(columns), '-y', String(rows)),
    screen,
    until,
    settled: async (pattern) => {
      let before = await until(pattern);
      for (let waited = 0; waited < 10_000; waited += 120) {
        await new Promise((go) => setTimeout(go, 120));
        const now = screen();
        if (now === before && pattern.test(now) && !/^ *(> )?…$/m.test(now)) return now;
        before = now;
      }
      throw new Error(`the screen never came to rest; it shows:\n${before}`);
    },
    modes: () =>
      tmux(
        'display-message',
        '-p',
        '-t',
        name,
        'screen #{alternate_on} mouse #{mouse_any_flag} cursor #{cursor_flag}',
      ).trim(),
    clipboard: async () => {
      const list = (): string => tmux('list-buffers');
      await eventually('there is text on the clipboard', () => list() !== '');
      return tmux('show-buffer');
    },
    pid: () => {
      const shell = tmux('display-message', '-p', '-t', name, '#{pane_pid}').trim();
      return Number(execFileSync('pgrep', ['-P', shell], { encoding: 'utf8' }).trim().split('\n')[0]);
    },
  };
};

/** Runs memwatch in that terminal. */
export const runMemwatch = (terminal: TestTerminal, args: readonly string[]): void => {
  const words = [process.execPath, repository('dist/cli.js'), ...args];
  terminal.bytes(`clear; ${words.map((word) => `'${word}'`).join(' ')}; echo "exit code $?"`);
  terminal.keys('Enter');
};
