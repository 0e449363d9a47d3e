import assert from 'node:assert/strict';
import { dirname, basename } from 'node:path';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { drawnSnapshot } from '../support/drawn-snapshot.js';
import { displayWidth } from '#memwatch/report/width.js';
import { matchesGolden } from '../support/golden.js';
import { repository } from '../support/paths.js';
import { eventually } from '../support/waiting.js';
import { noTmux, openTerminal, runMemwatch, type TestTerminal } from '../support/tmux.js';

/* oxlint-disable eslint/no-control-regex -- escapes of the terminal are looked for */

const sizes = [
  [80, 24],
  [200, 50],
] as const;

/** The program on a drawn snapshot, showing its classes. */
const view = async (
  t: TestContext,
  columns: number,
  rows: number,
  env: Record<string, string> = {},
): Promise<TestTerminal> => {
  const file = drawnSnapshot(t);
  const terminal = openTerminal(t, { columns, rows, env, cwd: dirname(file) });
  runMemwatch(terminal, ['view', basename(file)]);
  await terminal.until(/sessions(?::| →) Map/);
  terminal.keys('v');
  await terminal.until(/ Session\n/);
  return terminal;
};

for (const [columns, rows] of sizes) {
  const size = `${columns}x${rows}`;
  test(
    `the heap's classes, objects, fields and holders look as they should at ${size}`,
    { skip: noTmux },
    async (t) => {
      const terminal = await view(t, columns, rows);
      terminal.keys('j');
      matchesGolden(`tui/heap-classes-${size}.txt`, await terminal.settled(/sessions(?::| →) Map/));
      terminal.keys('/');
      terminal.bytes('sess');
      await terminal.until(/ 1 of 1$/m);
      terminal.keys('Enter', 'Enter');
      await terminal.until(/1 of 60/);
      matchesGolden(`tui/heap-objects-${size}.txt`, await terminal.settled(/(└|→) .*→ Session/));
      terminal.keys('Enter');
      await terminal.until(/user: User/);
      terminal.keys('Right');
      matchesGolden(`tui/heap-fields-${size}.txt`, await terminal.settled(/name: /));
      terminal.keys('t');
      matchesGolden(`tui/heap-held-by-${size}.txt`, await terminal.settled(/Held by/));
    },
  );

  test(`the dominator tree, the help and the menu look as they should at ${size}`, { skip: noTmux }, async (t) => {
    const terminal = await view(t, columns, rows);
    terminal.keys('v');
    await terminal.until(/▸ global/);
    terminal.keys('v');
    matchesGolden(`tui/heap-waste-${size}.txt`, await terminal.settled(/Empty Maps[^]*pending → Array/));
    terminal.keys('v');
    matchesGolden(`tui/heap-biggest-${size}.txt`, await terminal.settled(/▸ sessions: Map/));
    terminal.keys('v', 'v');
    await terminal.until(/▸ global/);
    terminal.keys('Right');
    matchesGolden(`tui/dominator-tree-${size}.txt`, await terminal.settled(/▾ global[^]*Map @/));
    terminal.keys('?');
    matchesGolden(`tui/help-${size}.txt`, await terminal.settled(/any other key closes/));
    terminal.keys('Escape', 'a');
    matchesGolden(`tui/menu-${size}.txt`, await terminal.settled(/Enter or its key selects/));
  });
}

/** The terminal's modes while memwatch runs, and while the shell runs. */
const taken = 'screen 1 mouse 1 cursor 0';
const given = 'screen 0 mouse 0 cursor 1';

test('q restores the terminal: the shell is there as it was, and typing is seen again', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24);
  terminal.keys('q');
  await terminal.until(/exit code 0/);
  assert.equal(terminal.modes(), given);
  terminal.bytes('echo visible');
  assert.match(await terminal.until(/PROMPT> echo visible/), /exit code 0/);
  assert.doesNotMatch(terminal.screen(), /was killed/);
});

test('Ctrl-C and SIGTERM end it with the terminal restored', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24);
  terminal.keys('C-c');
  await terminal.until(/exit code 0/);
  runMemwatch(terminal, ['view', 'service.heapsnapshot']);
  await terminal.until(/sessions(?::| →) Map/);
  process.kill(terminal.pid(), 'SIGTERM');
  await terminal.until(/exit code 130/);
  terminal.bytes('echo visible');
  await terminal.until(/PROMPT> echo visible/);
});

test('Ctrl-Z gives the shell back and fg the screen', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24);
  assert.equal(terminal.modes(), taken);
  terminal.keys('C-z');
  await terminal.until(/Stopped/);
  assert.equal(terminal.modes(), given);
  assert.doesNotMatch(terminal.screen(), /Session/, 'the shell’s own screen');
  terminal.bytes('fg');
  terminal.keys('Enter');
  await terminal.until(/\[2 Heap\][^]* Session\n/);
  terminal.keys('j');
  await terminal.until(/ 2 of \d/);
});

test('kill -TSTP gives the terminal back as it was, and fg the screen with its mouse', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24);
  for (const row of [2, 3]) {
    process.kill(terminal.pid(), 'SIGTSTP');
    await terminal.until(/Stopped/);
    terminal.bytes('echo visible');
    assert.doesNotMatch(await terminal.until(/PROMPT> echo visible/), /Session/, 'the shell’s own screen');
    assert.equal(terminal.modes(), given);
    terminal.keys('Enter');
    await terminal.until(/^visible/m);
    terminal.bytes('clear; fg');
    terminal.keys('Enter');
    await terminal.until(/\[2 Heap\][^]* Session\n/);
    terminal.click(10, 2 + row);
    await terminal.until(new RegExp(` ${row} of \\d`));
  }
});

/** The process that restores the terminal if memwatch is killed; it starts a moment after the first frame. */
const guardianOf = async (pid: number): Promise<number> => {
  let guardian = 0;
  await eventually('the guardian runs', () => {
    guardian = Number(spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }).stdout);
    return guardian > 0;
  });
  return guardian;
};

test('kill -9 leaves a terminal that can be used, and nothing that runs on', { skip: noTmux }, async (t) => {
  for (const shell of ['bash', 'sh']) {
    const terminal = await view(t, 80, 24);
    terminal.keys('q');
    await terminal.until(/exit code 0/);
    if (shell === 'sh') {
      terminal.bytes("PS1='PROMPT sh> ' exec sh\n"); // sh sets no modes of its own after a command
      await terminal.until(/^PROMPT sh>/m); // what is typed before belongs to bash, and is lost
    }
    terminal.bytes('clear; stty -a > before\n');
    runMemwatch(terminal, ['view', 'service.heapsnapshot']);
    await terminal.until(/sessions(?::| →) Map/);
    const pid = terminal.pid();
    const guardian = await guardianOf(pid);
    process.kill(pid, 'SIGKILL');
    await terminal.until(/memwatch was killed; the terminal is restored/);
    assert.equal(terminal.modes(), given, shell);
    terminal.keys('Enter');
    terminal.bytes('clear; stty -a > after; cmp before after; echo "compared: $?"\n');
    await terminal.until(/^compared: 0/m);
    await eventually('the guardian has ended', () => !existsSync(`/proc/${guardian}`));
  }
});

test('kill -9 while memwatch is suspended writes nothing on the screen of the shell', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24);
  const pid = terminal.pid();
  const guardian = await guardianOf(pid);
  terminal.keys('C-z');
  await terminal.until(/Stopped/);
  process.kill(pid, 'SIGKILL');
  await eventually('the guardian has ended', () => !existsSync(`/proc/${guardian}`));
  assert.doesNotMatch(terminal.screen(), /was killed/);
});

test('the screen follows the size of the terminal, and the cursor stays in sight', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24);
  terminal.keys('/');
  terminal.bytes('session');
  terminal.keys('Enter', 'Enter');
  await terminal.until(/1 of 60/);
  terminal.keys('G');
  await terminal.until(/60 of 60/);
  terminal.resize(120, 30);
  await terminal.until(/^> .*Session[^]*^── .{116,}$/m);
  terminal.resize(80, 12);
  await terminal.until(/> .*Session[^]*q quit/);
});

test('the mouse picks tabs, rows and columns, and the wheel moves', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24);
  const before = await terminal.until(/Retained▼/);
  const header = before.split('\n')[2];
  terminal.click(header.indexOf('Self') + 1, 2);
  await terminal.until(/Self▼/);
  terminal.click(10, 5);
  await terminal.until(/ 3 of /);
  terminal.bytes('\x1b[<65;10;6M');
  await terminal.until(/ 6 of /);
  terminal.click(14, 0);
  await terminal.until(/\[3 Growth\]/);
});

test(
  'a filter narrows the list as it is typed, says what it matches, and Esc clears it',
  { skip: noTmux },
  async (t) => {
    const terminal = await view(t, 80, 24);
    terminal.keys('/');
    terminal.bytes('漢');
    await terminal.until(/漢字クラス[^]*filter: 漢/);
    terminal.keys('BSpace');
    terminal.bytes('nosuchclass');
    await terminal.until(/nothing matches/);
    terminal.keys('Escape');
    await terminal.until(/1 of \d+$/m);
  },
);

test('wide letters are drawn whole and control characters are written out', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 100, 30);
  const screen = await terminal.until(/漢字クラス/);
  assert.match(screen, /evil\\x1b\[2Jname/);
  const counts = screen.split('\n').filter((line) => /漢字|Party|evil|Session/.test(line));
  const columns = counts.map((line) => displayWidth(line.slice(0, line.search(/漢字|Party|evil|Session/))));
  assert.equal(counts.length, 4);
  assert.ok(
    columns.every((column) => Math.abs(column - columns[0]) <= 1),
    `${columns.join()}\n${screen}`,
  );
});

test('NO_COLOR draws without a colour, and the cursor is still seen', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24, { NO_COLOR: '1' });
  const drawn = terminal.screen({ escapes: true });
  assert.doesNotMatch(drawn, /\x1b\[[\d;]*(3[0-7]|38|4[0-7]|48|9[0-7])[;m]/);
  assert.match(terminal.screen(), /^> /m);
});

test('a terminal of 16 colours gets no colour beyond them', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24, { TERM: 'screen' });
  const drawn = terminal.screen({ escapes: true });
  assert.doesNotMatch(drawn, /\x1b\[[\d;]*[34]8;5;/);
  assert.match(drawn, /\x1b\[[\d;]*3[0-7]m/);
});

test('w writes the screen to files that only their owner can read', { skip: noTmux }, async (t) => {
  const file = drawnSnapshot(t);
  const folder = dirname(file);
  const terminal = openTerminal(t, { columns: 80, rows: 24, cwd: folder });
  runMemwatch(terminal, ['view', basename(file)]);
  await terminal.until(/sessions(?::| →) Map/);
  terminal.keys('v');
  await terminal.until(/evil/);
  const screen = terminal.screen().split('\n').slice(0, -3).join('\n');
  const forms = [
    ['t', 'txt', /^\[2 Heap\][^]*Session[^]*\n\nmemwatch service\.heapsnapshot, \d{4}-/],
    ['m', 'md', /^# memwatch service\.heapsnapshot[^]*```text[^]*Session[^]*```\n$/],
    [
      'h',
      'html',
      /^<!doctype html>[^]*<title>memwatch service\.heapsnapshot<\/title>[^]*<pre>[^]*Session[^]*<\/pre>\n$/,
    ],
  ] as const;
  for (const [key, extension, looks] of forms) {
    terminal.keys('w', key);
    await terminal.until(new RegExp(`saved to memwatch-captures/screen-.*\\.${extension}`));
    const saved = readdirSync(`${folder}/memwatch-captures`).find((name) => name.endsWith(`.${extension}`)) ?? '';
    const text = readFileSync(`${folder}/memwatch-captures/${saved}`, 'utf8');
    assert.match(text, looks);
    assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f]/, 'no control character of a name in the heap');
    if (key === 't') assert.ok(text.startsWith(screen.trimEnd()), text);
    assert.equal(statSync(`${folder}/memwatch-captures/${saved}`).mode & 0o777, 0o600);
  }
});

test('y puts the retaining path on the clipboard of the terminal', { skip: noTmux }, async (t) => {
  const terminal = await view(t, 80, 24);
  terminal.keys('/');
  terminal.bytes('sess');
  await terminal.until(/ 1 of 1$/m);
  terminal.keys('Enter');
  await terminal.settled(/sessions(?::| →) Map/);
  terminal.keys('y');
  await terminal.until(/copied: /);
  assert.match(await terminal.clipboard(), /^global\.sessions → Map\[\d+\] → Session @\d+$/);
});

test('what cannot be shown is reported in one line, before the screen is touched', { skip: noTmux }, async (t) => {
  const terminal = openTerminal(t, { columns: 80, rows: 24 });
  runMemwatch(terminal, ['view', 'no-such.heapsnapshot']);
  await terminal.until(/memwatch: cannot read no-such\.heapsnapshot[^]*exit code 2/);
});

test('a crash restores the terminal and shows what happened', { skip: noTmux }, async (t) => {
  const terminal = openTerminal(t, { columns: 80, rows: 24 });
  const crash = [
    `import { openTerminal } from '${repository('dist/tui/terminal/screen.js')}';`,
    'const handlers = { onKey() {}, onMouse() {}, onResize() {}, guardian: { away() {}, back() {} } };',
    "openTerminal(256, 'crash', handlers).draw([{ spans: [{ text: 'a screen', style: 'plain' }] }]);",
    "setTimeout(() => { throw new Error('boom'); }, 500);",
  ].join(' ');
  terminal.bytes(
    `clear; ${process.execPath} --input-type=module -e "${crash.replaceAll('"', '\\"')}"; echo "exit code $?"`,
  );
  terminal.keys('Enter');
  await terminal.until(/^a screen$/m);
  assert.match(await terminal.until(/exit code [1-9]/), /Error: boom/);
  terminal.bytes('echo visible');
  await terminal.until(/PROMPT> echo visible/);
});
