import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '#memwatch/commands/index.js';
import { completionScripts } from '#memwatch/commands/manual/completion-scripts.js';
import { renderManPage } from '#memwatch/commands/manual/man-page.js';
import { readUsages } from '#memwatch/commands/manual/usage.js';
import { memwatch } from '../support/memwatch.js';
import { startSource, temporaryFolder } from '../support/targets.js';

test('bash completes commands, options, what an option takes, and processes', async (t) => {
  const { stdout: script } = await memwatch(['completion', 'bash']);
  const folder = temporaryFolder(t);
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready')`);
  const processes = await memwatch(['completion', 'targets']);
  assert.match(processes.stdout, new RegExp(`^${target.pid}\t.*target\\.mjs`, 'm'));
  // the script asks `memwatch completion targets`; here a function answers in its place
  writeFileSync(join(folder, 'answers'), processes.stdout);
  const complete = (...words: string[]): string[] => {
    const lines = [
      script,
      `memwatch() { cat ${join(folder, 'answers')}; }`,
      `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
      `COMP_CWORD=${words.length - 1}`,
      '_memwatch; echo "${COMPREPLY[@]}"',
    ];
    return execFileSync('bash', ['-c', lines.join('\n')], { encoding: 'utf8' })
      .trim()
      .split(' ');
  };
  assert.deepEqual(complete('memwatch', 'le'), ['leaks']);
  assert.deepEqual(complete('memwatch', 'leaks', '--rou'), ['--rounds']);
  assert.deepEqual(complete('memwatch', 'cpu', '--sort', 'to'), ['total', 'tottime']);
  assert.deepEqual(complete('memwatch', 'attach', String(target.pid)), [String(target.pid)]);
  assert.deepEqual(complete('memwatch', 'completion', 'f'), ['fish']);
});

test('zsh and fish can read their completion scripts, which know every command and option', async (t) => {
  const folder = temporaryFolder(t);
  const usages = await readUsages();
  assert.deepEqual(
    usages.map(({ name }) => name),
    [...commands.keys()],
  );
  for (const [shell, render] of Object.entries(completionScripts)) {
    const script = render(usages);
    for (const { name, options } of usages) {
      assert.match(script, new RegExp(`\\b${name}\\b`), shell);
      for (const option of options) assert.ok(script.includes(option.name), `${shell}: ${name} --${option.name}`);
    }
    const file = join(folder, shell);
    writeFileSync(file, script);
    const { error, status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    if (error === undefined) assert.deepEqual([status, stderr], [0, ''], shell); // else it is not installed here
  }
});

test(
  'in zsh a script that is loaded from $fpath answers the first Tab, too',
  { skip: spawnSync('zsh', ['-c', '']).error !== undefined },
  async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, '_memwatch'), completionScripts.zsh(await readUsages()));
    const asks = `_describe() { print asked }; _values() { print asked }; _arguments() { print asked }; compadd() { print asked };
    fpath=(${folder} $fpath); autoload -Uz _memwatch; words=(memwatch leaks --rou); CURRENT=3; _memwatch`;
    assert.match(execFileSync('zsh', ['-f', '-c', asks], { encoding: 'utf8' }), /asked/);
  },
);

test('the man page says what --help says, for every command', async () => {
  const page = await renderManPage();
  for (const [name, { usage }] of commands)
    assert.ok(page.includes(`.SS memwatch ${name}\n.nf\nmemwatch ${usage}`), name);
  assert.match(page, /^\.TH MEMWATCH 1 /);
  assert.match(page, /^[\n -~]*$/, 'ASCII, as roff has it');
  assert.match(page, /scenarios\\\[u2019\] Node/);
  assert.match(page, /\\-\\-rounds +number of rounds to compare/);
  const help = (await memwatch(['mark', '--help'])).stdout.trim().split('\n');
  for (const line of help.filter((text) => text.length < 60))
    assert.ok(page.includes(line.replaceAll('-', '\\-')), line);
});
