import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { leaking, report, scenario } from '../support/check-report.js';
import { drawnProfile } from '../support/drawn-profile.js';
import { drawnSnapshot, drawnSnapshots } from '../support/drawn-snapshot.js';
import { matchesGolden } from '../support/golden.js';
import { memwatch } from '../support/memwatch.js';
import { temporaryFolder } from '../support/targets.js';
import { noTmux, openTerminal, runMemwatch } from '../support/tmux.js';

const sizes = [
  [80, 24],
  [200, 50],
] as const;

for (const [columns, rows] of sizes) {
  const size = `${columns}x${rows}`;
  test(
    `functions, callers, flame graph, hottest lines and source look as they should at ${size}`,
    { skip: noTmux },
    async (t) => {
      const file = drawnProfile(temporaryFolder(t));
      const terminal = openTerminal(t, { columns, rows, cwd: dirname(file) });
      runMemwatch(terminal, ['view', 'service.cpuprofile']);
      matchesGolden(`tui/cpu-functions-${size}.txt`, await terminal.settled(/> .*hashPassword/));
      terminal.keys('Enter');
      matchesGolden(`tui/cpu-called-by-${size}.txt`, await terminal.settled(/Called by[^]*handleRequest/));
      terminal.keys('t');
      matchesGolden(`tui/cpu-calls-${size}.txt`, await terminal.settled(/Calls[^]*digest/));
      terminal.keys('Escape', 'v');
      await terminal.settled(/│handleRequest/);
      terminal.keys('j', 'j', 'Enter');
      matchesGolden(`tui/flame-graph-${size}.txt`, await terminal.settled(/>hashPassword/));
      terminal.keys('/', 'h', 'a', 's', 'h');
      await terminal.settled(/search: hash.*2 boxes match, 75\.1% in all/);
      terminal.keys('Enter', 'n');
      matchesGolden(`tui/flame-search-${size}.txt`, await terminal.settled(/>Hash/));
      terminal.keys('w', 'h');
      const saved = /saved to (\S+\.html)/.exec(await terminal.settled(/saved to \S+\.html/))?.[1] ?? '';
      assert.match(readFileSync(join(dirname(file), saved), 'utf8'), /^│handleRequest/m);
      terminal.keys('Escape', '5');
      matchesGolden(`tui/hottest-lines-${size}.txt`, await terminal.settled(/> .*service\.mjs:6/));
      terminal.keys('Enter');
      matchesGolden(`tui/source-${size}.txt`, await terminal.settled(/> .*createHash/));
      terminal.keys('n');
      await terminal.until(/^> .*renderPage|^> .*rows\.map/m);
      terminal.keys('N', 'N');
      await terminal.until(/hot line \d of \d/);
    },
  );

  test(`what grew over snapshots looks as it should at ${size}`, { skip: noTmux }, async (t) => {
    const cwd = drawnSnapshots(t, [40, 60, 80, 100]);
    const terminal = openTerminal(t, { columns, rows, cwd });
    runMemwatch(terminal, ['view', '1.heapsnapshot', '2.heapsnapshot', '3.heapsnapshot', '4.heapsnapshot']);
    matchesGolden(`tui/growth-findings-${size}.txt`, await terminal.settled(/\[Findings\][^]*sessions/));
    terminal.keys('v');
    matchesGolden(`tui/growth-objects-${size}.txt`, await terminal.settled(/> .* Map @/));
    terminal.keys('Enter');
    await terminal.until(/\[2 Heap\][^]*Map @\d+ fields/);
    terminal.keys('Escape', 'v');
    matchesGolden(`tui/growth-classes-${size}.txt`, await terminal.settled(/\[Classes\][^]*> .*▁▃▅█/));
  });
}

test(
  'a saved result of leaks is shown; a broken file is reported, and the terminal is restored',
  { skip: noTmux },
  async (t) => {
    const cwd = temporaryFolder(t);
    const report = { schema: 'memwatch/leaks@1', verdict: 'clean', reasons: ['nothing rose'], evidence: 'snapshots' };
    const empty = { rounds: 3, heapBytes: [], snapshots: 0, findings: [], warnings: [] };
    writeFileSync(join(cwd, 'leaks.json'), JSON.stringify({ ...report, ...empty }));
    writeFileSync(join(cwd, 'broken.heapsnapshot'), readFileSync(drawnSnapshot(t)).subarray(0, 3000));
    const terminal = openTerminal(t, { columns: 100, rows: 24, cwd });
    runMemwatch(terminal, ['view', 'leaks.json']);
    await terminal.until(/\[3 Growth\][^]*CLEAN: nothing rose/);
    terminal.keys('q');
    await terminal.until(/exit code 0/);
    writeFileSync(join(cwd, 'stacks.txt'), 'a;b 5\nnonsense\nc 3\n');
    runMemwatch(terminal, ['view', 'stacks.txt']);
    await terminal.until(/8 samples; line 2 is not a stack and was skipped; stacks\.txt/);
    terminal.keys('q');
    await terminal.until(/exit code 0/);
    runMemwatch(terminal, ['view', 'broken.heapsnapshot']);
    await terminal.until(
      /^memwatch: broken\.heapsnapshot is broken at byte 3000[^]*\n {2}capture it again\nexit code 2/m,
    );
    terminal.bytes('echo visible');
    await terminal.until(/PROMPT> echo visible/);
    terminal.keys('C-u');
    runMemwatch(terminal, ['view', 'leaks.json', 'broken.heapsnapshot']);
    await terminal.until(/\[3 Growth\][^]*✗ broken\.heapsnapshot is broken/); // what can be shown is still shown
  },
);

test('a file that is no capture is reported in one line before the screen is touched', async (t) => {
  const cwd = temporaryFolder(t);
  const hostile = 'evil\u001b[2J\u001b]0;title\u0007.json';
  const files: Record<string, string> = {
    passwd: 'root:x:0:0:root:/root:/bin/bash\n',
    'empty.heapsnapshot': '',
    'census.json': JSON.stringify({ schema: 'memwatch/census@1' }),
    'half.json': '{"schema":"memwatch/leaks@1","verdict":',
    [hostile]: '[1, 2, 3]',
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(cwd, file), text);
  writeFileSync(join(cwd, 'cut.pb.gz'), Buffer.from('1f8b', 'hex'));
  const expected: Record<string, RegExp> = {
    passwd: /^memwatch: passwd is neither a snapshot, nor a profile/,
    'empty.heapsnapshot': /^memwatch: empty\.heapsnapshot is empty/,
    'census.json': /^memwatch: census\.json is a result that memwatch printed as --json, of a kind that has no screen/,
    'half.json': /^memwatch: half\.json is broken/,
    'cut.pb.gz': /^memwatch: cannot read cut\.pb\.gz/,
    [hostile]: /^memwatch: evil\\x1b\[2J.* is neither/,
    '.': /^memwatch: cannot read \.: it is a folder/,
    'not-there.heapsnapshot': /^memwatch: cannot read not-there\.heapsnapshot: there is no such file/,
  };
  for (const [file, said] of Object.entries(expected)) {
    const run = await memwatch(['view', file], { cwd });
    assert.match(run.stderr, said);
    assert.ok(run.stderr.trim().split('\n').length <= 2, `a line, and a hint: ${run.stderr}`);
    assert.equal(run.stdout, '');
    assert.equal(run.code, 2, file);
    assert.ok(!run.stderr.includes('\u001b'), 'a name is harmless');
  }
});

test('what memwatch printed as JSON opens on the screen that shows it', { skip: noTmux }, async (t) => {
  const cwd = drawnSnapshots(t, [40, 60]);
  drawnProfile(cwd);
  const saved = {
    'heap.json': ['heap', '1.heapsnapshot'],
    'diff.json': ['diff', '1.heapsnapshot', '2.heapsnapshot'],
    'cpu.json': ['cpu', 'service.cpuprofile'],
  };
  for (const [file, args] of Object.entries(saved)) {
    const run = await memwatch([...args, '--json'], { cwd });
    writeFileSync(join(cwd, file), run.stdout);
  }
  const lines = [{ line: 6, hits: 1200, timeUs: 5000, incrementBytes: 2_000_000, externalBytes: 0, source: 'hash' }];
  const measured = { name: 'hashPassword', file: join(cwd, 'service.cpuprofile'), lines };
  writeFileSync(join(cwd, 'lines.json'), JSON.stringify({ schema: 'memwatch/lines@1', functions: [measured] }));
  const checked = report(leaking({ file: 'leaks/a.mjs' }), scenario({ file: 'leaks/b.mjs' }));
  writeFileSync(join(cwd, 'check.json'), JSON.stringify(checked));
  const expected = {
    'heap.json': /\[2 Heap\][^]*sessions(?::| →) Map[^]*a saved result/,
    'diff.json': /\[3 Growth\][^]*sessions → Map[^]*a saved result/,
    'cpu.json': /\[4 CPU\][^]*hashPassword[^]*a saved result/,
    'check.json':
      /\[3 Growth\][^]*leaks\/a\.mjs: Map sessions gains[^]*Leaks at +\/app\/src\/store\.ts:12[^]*LEAK: FAIL +leaks\/a\.mjs/,
    'lines.json': /\[5 Lines\][^]*5\.00 ms[^]*hashPassword/,
  };
  const terminal = openTerminal(t, { columns: 120, rows: 30, cwd });
  for (const [file, screen] of Object.entries(expected)) {
    runMemwatch(terminal, ['view', file]);
    await terminal.until(screen);
    terminal.keys('q');
    await terminal.until(/exit code 0/);
  }
});
