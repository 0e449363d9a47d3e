/**
 * Tests that the rules of the house hold, and that each is switched on: a small project that breaks a rule fails with that
 * rule's message.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { repository } from './support/paths.js';

type Files = Readonly<Record<string, string>>;

const houseOf = (t: TestContext, files: Files): string => {
  const house = mkdtempSync(join(tmpdir(), 'memwatch-house-'));
  t.after(() => rmSync(house, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(house, path, '..'), { recursive: true });
    writeFileSync(join(house, path), text);
  }
  return house;
};

const run = (command: string, args: readonly string[], cwd: string): string => {
  const { stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return stdout + stderr;
};

/** Lints with the project's own rules; returns what the linter printed. */
const lint = (t: TestContext, files: Files): string => {
  const house = houseOf(t, files);
  cpSync(repository('.oxlintrc.json'), join(house, '.oxlintrc.json'));
  const options = ['-c', '.oxlintrc.json', '--no-ignore', '--report-unused-disable-directives'];
  return run(repository('node_modules/.bin/oxlint'), options, house);
};

/** Checks the arrows between the folders; returns the complaints. */
const arrows = (t: TestContext, files: Files): string[] =>
  run(process.execPath, [repository('scripts/arrows.mjs'), houseOf(t, files)], repository('.'))
    .split('\n')
    .filter((line) => line !== '');

const using = (from: string, what = 'y'): string => `import { ${what} } from '${from}';\nexport const x = ${what};\n`;

test('each import that the map does not draw is a complaint', (t) => {
  const wrong: Files = {
    'src/errors.ts': using('./progress.js'),
    'src/analyzer/model/a.ts': using('../heap/y.js'),
    'src/analyzer/heap/a.ts': using('../../report/y.js'),
    'src/analyzer/formats/a.ts': using('../heap/y.js'),
    'src/analyzer/growth/a.ts': using('../formats/y.js'),
    'src/agent/process/a.ts': using('../session/y.js'),
    'src/agent/capture/a.ts': using('../../analyzer/heap/y.js'),
    'src/agent/session/a.ts': using('../../analyzer/model/y.js'),
    'src/inside/a.ts': using('../agent/session/y.js'),
    'src/report/a.ts': using('../agent/process/y.js'),
    'src/tui/rows/a.ts': using('../keys/y.js'),
    'src/tui/state/a.ts': using('../../commands/y.js'),
    'src/captures/a.ts': using('../leaks/y.js'),
    'src/leaks/a.ts': using('../commands/y.js'),
    'src/commands/a.ts': using('../testing/y.js'),
    'src/commands/record/a.ts': using('../../tui/state/y.js'),
    'src/testing/a.ts': using('../commands/y.js'),
    'src/source/a.ts': using('../analyzer/model/y.js'),
    'src/files/a.ts': using('../agent/process/y.js'),
    'src/novel/a.ts': using('../errors.js'),
  };
  const complaints = arrows(t, wrong);
  for (const file of Object.keys(wrong))
    assert.ok(
      complaints.some((line) => line.startsWith(file)),
      file,
    );
  assert.match(complaints.join('\n'), /agent\/session may only import types from analyzer\/model/);
  assert.match(complaints.join('\n'), /novel\/a\.ts is in no folder/);
  assert.deepEqual(
    arrows(t, { 'src/agent/session/a.ts': `import type { Y } from '../../analyzer/model/y.js';\n` }),
    [],
  );
});

test('each way to import is seen: re-exports, dynamic imports, require, and over several lines', (t) => {
  const ways = [
    `export { y } from '../commands/y.js';`,
    `export * from '../commands/y.js';`,
    `import '../commands/y.js';`,
    `const y = await import('../commands/y.js');`,
    `const y = require('../commands/y.js');`,
    `import {\n  y,\n  type Z,\n} from '../commands/y.js';`,
  ];
  const files = Object.fromEntries(ways.map((way, at) => [`src/leaks/way-${at}.ts`, `${way}\n`]));
  assert.equal(arrows(t, files).length, ways.length);
  assert.deepEqual(arrows(t, { 'src/leaks/a.ts': `// as in import { y } from '../commands/y.js';\n` }), []);
});

test('a package is used only by the files in its table, in every folder', (t) => {
  const rooms = [
    'source',
    'agent/attach',
    'agent/session',
    'analyzer/heap',
    'report',
    'tui/terminal',
    'captures',
    'leaks',
  ];
  const foreign = [
    'blessed',
    'flamegraph',
    'v8-profiler-next',
    'left-pad',
    'acorn',
    '@jridgewell/trace-mapping',
    'chrome-remote-interface',
  ];
  for (const room of rooms) {
    const files = foreign.map((name) => [`src/${room}/${name}.ts`, `import x from '${name}';\nexport const y = x;\n`]);
    assert.equal(arrows(t, Object.fromEntries(files)).length, foreign.length, room);
  }
  const hidden = `createRequire(import.meta.url)('v8-profiler-next');\n`;
  assert.match(arrows(t, { 'src/agent/attach/x.ts': hidden }).join(), /only be imported by agent\/capture/);
  assert.match(arrows(t, { 'src/analyzer/heap/x.ts': `import 'node:net';\n` }).join(), /has no use for node:net/);
  assert.deepEqual(arrows(t, { 'src/tui/terminal/screen.ts': `import blessed from 'blessed';\n` }), []);
});

test('rules of the linter: circles, default exports, any, lengths of files and functions, idle exceptions', (t) => {
  const long = (lines: number): string => Array.from({ length: lines }, (_, i) => `  console.log(${i});\n`).join('');
  const rules: [string, RegExp, Files][] = [
    [
      'circle',
      /no-cycle/,
      {
        'src/report/a.ts': `import { b } from './b.js';\nexport const a = (): number => b();\n`,
        'src/report/b.ts': `import { a } from './a.js';\nexport const b = (): number => a();\n`,
      },
    ],
    ['default export', /no-default-export/, { 'src/x.ts': 'const x = 1;\nexport default x;\n' }],
    ['any', /no-explicit-any/, { 'src/x.ts': 'export const x = (y: any): void => y();\n' }],
    ['!', /no-non-null-assertion/, { 'src/x.ts': 'export const x = (y?: string): string => y!;\n' }],
    ['file', /max-lines\)/, { 'src/x.ts': long(251) }],
    ['file with comments', /max-lines\)/, { 'src/x.ts': `${long(240)}${'// one more line\n\n'.repeat(6)}` }],
    ['function', /max-lines-per-function/, { 'src/x.ts': `export const x = (): void => {\n${long(40)}};\n` }],
    ['script', /max-lines\)/, { 'scripts/x.mjs': long(251) }],
    ['CommonJS file', /max-lines\)/, { 'src/x.cts': long(251) }],
    ['CommonJS function', /max-lines-per-function/, { 'src/x.cts': `export const x = (): void => {\n${long(40)}};\n` }],
    [
      'circle of types',
      /no-cycle/,
      {
        'src/report/a.ts': `import type { B } from './b.js';\nexport type A = B | string;\n`,
        'src/report/b.ts': `import type { A } from './a.js';\nexport type B = A | number;\n`,
      },
    ],
    ['idle exception', /[Uu]nused/, { 'src/x.ts': '// oxlint-disable-next-line max-lines\nexport const x = 1;\n' }],
  ];
  for (const [name, message, files] of rules) assert.match(lint(t, files), message, name);
  assert.doesNotMatch(lint(t, { 'src/x.ts': `export const x = (): void => {\n${long(38)}};\n` }), /max-lines/);
});

test('a long function says why, and the reasons are few', () => {
  const reasons =
    /-- (runs in the (target|page): its source is sent as one text|a format's inner loop|a published algorithm)/;
  const files = readdirSync(repository('src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.c?ts$/.test(file),
  );
  for (const file of files) {
    const disabled = readFileSync(repository(`src/${file}`), 'utf8').match(/oxlint-disable.*max-lines.*/g) ?? [];
    for (const line of disabled) assert.match(line, reasons, file);
  }
});

test('an index that may be out of range is checked, unless the list of exceptions says otherwise', (t) => {
  const text = 'export const first = (list: readonly string[]): string => list[0];\n';
  const house = houseOf(t, {
    'src/tsconfig.json': '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["**/*.ts"] }',
    'src/files/a.ts': text,
    'src/analyzer/heap/dominators.ts': text,
    'src/analyzer/heap/a.ts': text,
  });
  symlinkSync(repository('node_modules'), join(house, 'node_modules'));
  const printed = run(process.execPath, [repository('scripts/unchecked-index.mjs')], house);
  assert.match(printed, /^src\/files\/a\.ts.*TS2322/m);
  assert.match(printed, /^src\/analyzer\/heap\/a\.ts.*TS2322/m);
  assert.doesNotMatch(printed, /dominators/);
  assert.match(printed, /^src\/analyzer\/heap\/walk\.ts: needs no exception$/m);
});

test('an export that nothing imports fails', (t) => {
  const house = houseOf(t, {
    'package.json': '{ "name": "house", "type": "module" }',
    'src/cli.ts': `import { used } from './a.js';\nconsole.log(used);\n`,
    'src/a.ts': 'export const used = 1;\nexport const dead = 2;\n',
  });
  writeFileSync(
    join(house, 'knip.jsonc'),
    readFileSync(repository('knip.jsonc'), 'utf8').replace('"entry": [', '"entry": ["src/cli.ts",'),
  );
  symlinkSync(repository('node_modules'), join(house, 'node_modules'));
  assert.match(run(repository('node_modules/.bin/knip'), [], house), /dead +src\/a\.ts/);
});

test('one room writes files: nothing else in src makes, renames or removes any', () => {
  const writes =
    /\b(writeFile|appendFile|createWriteStream|mkdtemp|mkdir|rename|copyFile|symlink|chmod|unlink|tmpdir|rm)(Sync)?\b(?=[^;]*\} from 'node:(fs|fs\/promises|os)')/;
  const writers = readdirSync(repository('src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.c?ts$/.test(file) && !file.startsWith('files/'))
    .filter((file) => writes.test(readFileSync(repository(`src/${file}`), 'utf8')));
  // the preload runs inside a measured program, and writes only to the folder that memwatch made for it
  assert.deepEqual(writers, ['agent/lines/preload.ts']);
});

test('each kind of document is one type of the model, and commands print nothing else', () => {
  const texts = readdirSync(repository('src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(repository(`src/${file}`), 'utf8') }));
  const typed = texts
    .filter(({ file }) => file.startsWith('analyzer/model/'))
    .flatMap(({ text }) => [...text.matchAll(/readonly schema: '(memwatch\/[\w-]+@\d)'/g)].map(([, name]) => name));
  const used = new Set(texts.flatMap(({ text }) => text.match(/memwatch\/[a-z-]+@\d/g) ?? []));
  used.delete('memwatch/baseline@1'); // its reader and its writer are one file, and its type has no schema
  for (const name of used) {
    const times = name === 'memwatch/dump@1' ? 2 : 1; // one process, or all
    assert.equal(typed.filter((one) => one === name).length, times, name);
  }
  // with that, a document without a type does not compile
  assert.match(readFileSync(repository('src/commands/io.ts'), 'utf8'), /print\(document: PrintedDocument,/);
});

test('modules of Node that a folder has no use for are shut, and packages that stand in no table are refused', (t) => {
  const shut: readonly (readonly [folder: string, name: string])[] = [
    ...['net', 'http', 'https', 'http2', 'dgram', 'tls', 'child_process', 'readline', 'tty'].map((name) => ['analyzer/heap', name] as const),
    ...['net', 'http', 'https', 'http2', 'dgram', 'tls', 'child_process', 'worker_threads'].map((name) => ['report', name] as const),
    ...['state', 'rows', 'keys'].map((room) => [`tui/${room}`, 'fs'] as const),
  ]; // prettier-ignore
  for (const [folder, name] of shut) {
    const [complaint] = arrows(t, { [`src/${folder}/x.ts`]: `import 'node:${name}';\n` });
    assert.match(complaint ?? 'none', new RegExp(`has no use for node:${name}$`), `${folder}: ${name}`);
  }
  assert.match(arrows(t, { 'src/report/x.ts': `import 'left-pad';\n` }).join(), /left-pad is not in the tables/);
});

test('a file that is not formatted fails', (t) => {
  const house = houseOf(t, { 'x.ts': 'export const x = {a:1 };' });
  cpSync(repository('.oxfmtrc.json'), join(house, '.oxfmtrc.json'));
  assert.match(run(repository('node_modules/.bin/oxfmt'), ['--check'], house), /x\.ts/);
});

test('each kind of document is written in one place', () => {
  const writers = new Map<string, string[]>();
  for (const file of readdirSync(repository('src'), { recursive: true, encoding: 'utf8' })) {
    // the model has the types, and the tools of the server for agents say which document a command prints
    if (!/\.c?ts$/.test(file) || /^(analyzer\/model|commands\/mcp)\//.test(file)) continue;
    for (const [, name = ''] of readFileSync(repository(`src/${file}`), 'utf8').matchAll(
      /\bschema(?: = |: )'memwatch\/([\w-]+@\d)'/g,
    ))
      writers.set(name, [...(writers.get(name) ?? []), file]);
  }
  assert.ok(writers.size > 20);
  const several = [...writers].filter(([, files]) => files.length > 1);
  assert.deepEqual(
    several,
    [
      ['dump@1', ['commands/dump.ts', 'commands/dump/document.ts']],
      ['reading@1', ['agent/capture/readings.ts', 'commands/tui/recording-provider.ts']],
    ],
    'dump: one process, or all; reading: of a process, or of a recording',
  );
});
