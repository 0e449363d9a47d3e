import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { repository } from './support/paths.js';

/** Lints a house of a few files with the project's own rules; answers what the linter printed. */
const lint = (t: TestContext, files: Record<string, string>): string => {
  const house = mkdtempSync(join(tmpdir(), 'memwatch-house-'));
  t.after(() => rmSync(house, { recursive: true, force: true }));
  cpSync(repository('.oxlintrc.json'), join(house, '.oxlintrc.json'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(house, path, '..'), { recursive: true });
    writeFileSync(join(house, path), text);
  }
  const run = spawnSync(repository('node_modules/.bin/oxlint'), ['-c', '.oxlintrc.json', '--no-ignore'], {
    cwd: house,
    encoding: 'utf8',
  });
  return run.stdout + run.stderr;
};

test('a wrong import arrow fails the lint', (t) => {
  const printed = lint(t, {
    'src/agent/x.ts': `import { y } from '../analyzer/heap/y.js';\nexport const x = y;\n`,
    'src/analyzer/heap/y.ts': `import { x } from '../../report/z.js';\nexport const y = x;\n`,
    'src/report/z.ts': `export const x = 1;\n`,
  });
  assert.match(printed, /The agent analyses nothing/);
  assert.match(printed, /A format or a pass imports errors, the model and its own folder/);
});

test('an import circle fails the lint', (t) => {
  const printed = lint(t, {
    'src/report/a.ts': `import { b } from './b.js';\nexport const a = (): number => b();\n`,
    'src/report/b.ts': `import { a } from './a.js';\nexport const b = (): number => a();\n`,
  });
  assert.match(printed, /no-cycle/);
});

test('a package that one file alone may know fails the lint elsewhere', (t) => {
  const printed = lint(t, { 'src/tui/rows.ts': `import blessed from 'blessed';\nexport const x = blessed;\n` });
  assert.match(printed, /One file alone knows this package/);
});

test('one file knows the parser and one the source maps, and their room imports no other', (t) => {
  const printed = lint(t, {
    'src/agent/lines/x.ts': `import { parse } from 'acorn';\nexport const x = parse;\n`,
    'src/analyzer/model/y.ts': `import { TraceMap } from '@jridgewell/trace-mapping';\nexport const y = TraceMap;\n`,
    'src/source/z.ts': `import { y } from '../analyzer/model/y.js';\nexport const z = y;\n`,
    'src/source/syntax.ts': `import { parse } from 'acorn';\nexport const fine = parse;\n`,
  });
  assert.match(printed, /'acorn' import is restricted[\s\S]*agent\/lines\/x\.ts/);
  assert.match(printed, /trace-mapping' import is restricted[\s\S]*analyzer\/model\/y\.ts/);
  assert.match(printed, /The source room stands below all others/);
  assert.doesNotMatch(printed, /source\/syntax\.ts/);
});

test('the rooms of the terminal UI import one way: terminal, keys, rows, state', (t) => {
  const printed = lint(t, {
    'src/tui/state/a.ts': `import { b } from '../rows/b.js';\nexport const a = b;\n`,
    'src/tui/rows/b.ts': `import { c } from '../keys/c.js';\nexport const b = c;\n`,
    'src/tui/keys/c.ts': `import { d } from '../terminal/d.js';\nexport const c = d;\n`,
    'src/tui/terminal/d.ts': `import { e } from '../keys/e.js';\nexport const d = e;\n`,
    'src/tui/keys/e.ts': `import { f } from '../state/f.js';\nexport const e = f;\n`,
    'src/tui/state/f.ts': `export const f = 1;\n`,
  });
  assert.equal(printed.match(/In the terminal UI arrows go/g)?.length, 3, printed);
});

test('one room writes files: nothing else in src makes, renames or removes any', () => {
  const writes =
    /\b(writeFile|appendFile|createWriteStream|mkdtemp|mkdir|rename|copyFile|symlink|chmod|unlink|tmpdir|rm)(Sync)?\b(?=[^;]*\} from 'node:(fs|fs\/promises|os)')/;
  const writers = readdirSync(repository('src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.c?ts$/.test(file) && !file.startsWith('files/'))
    .filter((file) => writes.test(readFileSync(repository(`src/${file}`), 'utf8')));
  // the preload runs inside a program that is measured, and writes to the folder that memwatch made for it alone
  assert.deepEqual(writers, ['agent/lines/preload.ts']);
});
