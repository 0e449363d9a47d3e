/** Known leaky releases: lockfiles of every kind, `memwatch audit`. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { knownLeaks } from '#memwatch/commands/releases/known-leaks.js';
import { readLockfile } from '#memwatch/commands/releases/lockfile.js';
import { compareVersions, isIn } from '#memwatch/commands/releases/versions.js';
import { messageOf } from '#memwatch/errors.js';
import { runInProcess } from '../support/in-process.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { temporaryFolder } from '../support/targets.js';

interface Finding {
  readonly package: string;
  readonly version: string;
  readonly kind: string;
  readonly firstGood: string | null;
  readonly issue: string;
}
const audit = async (...args: string[]): Promise<string[]> => {
  const { findings } = (await runInProcess(['audit', ...args])) as { findings: Finding[] };
  return findings.map(
    ({ package: name, version, kind, firstGood }) => `${kind} ${name} ${version} ${firstGood ?? '-'}`,
  );
};

test('versions are ordered as npm orders them', () => {
  const inOrder = [
    '0.9.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.2.0',
    '1.10.0',
    '2.0.0+build',
  ];
  assert.deepEqual(inOrder.toReversed().sort(compareVersions), inOrder);
  const range = { from: '1.0.0', before: '2.0.0' };
  assert.deepEqual(
    ['0.9.0', '1.0.0', '1.9.9', '2.0.0', '2.0.0-rc.1', 'latest'].map((one) => isIn(one, range)),
    [false, true, true, false, true, false],
  );
});

test('audit names the releases that the corpus shows to leak, with the first good ones, and fails if asked to', async () => {
  const lockfile = repository('test/corpus/package-lock.json');
  assert.deepEqual(await audit(lockfile), [
    'release axios 0.21.4 0.22.0',
    'release debug 4.1.1 4.3.0',
    'release i18next 23.12.2 23.12.4',
    'release node-schedule 1.3.2 2.0.0',
    'release rxjs 7.3.0 7.3.1',
    'release tiny-lru 11.1.2 11.2.2',
    'release winston 3.3.3 3.3.4',
    'release z-schema 3.18.3 3.18.4',
    'release zod 4.1.7 4.1.8',
    'use cls-hooked 4.2.2 -',
    'use graphql-tag 2.12.6 -',
    'use inflight 1.0.6 -',
  ]);
  const [text, failing] = await Promise.all([
    memwatch(['audit', lockfile]),
    memwatch(['audit', lockfile, '--fail-on', 'release']),
  ]);
  assert.deepEqual([text.code, failing.code], [0, 1]);
  assert.match(
    text.stdout,
    /winston 3\.3\.3: loggers that were closed .*\n {4}update to 3\.3\.4 or later\n {4}https:\/\/github\.com\/winstonjs\/winston\/issues\/2005/,
  );
});

test("audit finds nothing in memwatch's own lockfile, and says what it cannot read", async (t) => {
  assert.deepEqual(await audit(repository('package-lock.json')), []);
  const folder = temporaryFolder(t);
  const none = await memwatch(['audit', '--fail-on', 'any'], { cwd: folder });
  assert.deepEqual([none.code, /no lockfile in this folder/.test(none.stderr)], [2, true]);
  writeFileSync(join(folder, 'package-lock.json'), '{"packages":');
  assert.match((await memwatch(['audit'], { cwd: folder })).stderr, /cannot read .* as a lockfile/);
  const own = repository('package-lock.json');
  assert.deepEqual(await audit(own, '--node', 'v22.11.0'), [
    'release node 22.11.0 22.12.0',
    'release node 22.11.0 24.20.0',
  ]);
  assert.deepEqual(await audit(own, '--node', '24.19.0'), [
    'release node 24.19.0 24.20.0',
    'release node 24.19.0 24.20.0',
  ]);
  assert.deepEqual(await audit(own, '--node', '26.10.0'), []);
  const node = await runInProcess(['audit', repository('package-lock.json'), '--node', '22']);
  assert.match(messageOf(node), /--node 22 is not a version/);
});

test('every known leak has a reason, an issue, and a way out', () => {
  for (const { package: name, grows, issue, advice, leaky, kind } of knownLeaks) {
    assert.ok(grows.length > 10 && issue.startsWith('https://'), name);
    assert.ok(kind === 'use' ? advice !== null : leaky.every(({ before }) => before !== null) || advice !== null, name);
    for (const { from, before } of leaky) assert.ok(before === null || compareVersions(from, before) < 0, name);
  }
});

const lockfiles: Readonly<Record<string, string>> = {
  'package-lock.json': JSON.stringify({
    lockfileVersion: 3,
    packages: {
      '': { name: 'app', version: '9.9.9' },
      'node_modules/debug': { version: '4.1.1' },
      'node_modules/a/node_modules/@sentry/node': { version: '7.64.0' },
      'node_modules/old': { name: 'winston', version: '3.3.3' },
      'node_modules/linked': { link: true, resolved: 'packages/linked' },
    },
  }),
  'npm-shrinkwrap.json': JSON.stringify({
    lockfileVersion: 1,
    dependencies: {
      debug: { version: '4.1.1', dependencies: { '@sentry/node': { version: '7.64.0' } } },
      old: { version: 'npm:winston@3.3.3' },
    },
  }),
  'yarn.lock': `# yarn lockfile v1


"@sentry/node@^7.0.0", "@sentry/node@~7.64.0":
  version "7.64.0"
  dependencies:
    version-guard "1.0.0"

debug@4.1.1:
  version "4.1.1"

"old@npm:winston@3.3.3":
  version "3.3.3"
`,
  'pnpm-lock.yaml': `lockfileVersion: '9.0'

packages:

  '@sentry/node@7.64.0':
    resolution: {integrity: sha512-x}

  debug@4.1.1(supports-color@8.1.1):
    resolution: {integrity: sha512-x}

  winston@3.3.3:
    resolution: {integrity: sha512-x}
`,
  'bun.lock': `{
  "lockfileVersion": 1,
  "packages": {
    "@sentry/node": ["@sentry/node@7.64.0", "", {}, "sha512-x"],
    "debug": ["debug@4.1.1", "", {}, "sha512-x"],
    "old": ["winston@3.3.3", "", {}, "sha512-x"],
  }
}`,
};
const berry = `__metadata:
  version: 8

"@sentry/node@npm:^7.0.0":
  version: 7.64.0
  resolution: "@sentry/node@npm:7.64.0"

"debug@npm:4.1.1":
  version: 4.1.1

"old@npm:winston@3.3.3":
  version: 3.3.3
  resolution: "winston@npm:3.3.3"
`;
const olderPnpm =
  'packages:\n\n  /@sentry/node/7.64.0:\n    dev: false\n\n  /debug/4.1.1_supports-color@8.1.1:\n    dev: false\n\n  /winston@3.3.3:\n    dev: false\n';

test('the lockfiles of npm, yarn, pnpm and bun, with the names that the registry knows', (t) => {
  const folder = temporaryFolder(t);
  const unix = [...Object.entries(lockfiles), ['yarn.lock', berry] as const, ['pnpm-lock.yaml', olderPnpm] as const];
  const cases = [...unix, ...unix.map(([name, text]) => [name, text.replaceAll('\n', '\r\n')] as const)];
  for (const [name, text] of cases) {
    const file = join(folder, name);
    writeFileSync(file, text);
    const read = readLockfile(file).map((one) => `${one.name} ${one.version}`);
    const wanted = ['@sentry/node 7.64.0', 'debug 4.1.1', 'winston 3.3.3'];
    assert.deepEqual(
      wanted.filter((one) => !read.includes(one)),
      [],
      `${name}: ${read.join(', ')}`,
    );
  }
  const renamed = join(folder, 'lock-of-2024');
  writeFileSync(renamed, berry);
  assert.equal(readLockfile(renamed).length, 3);
});

test('a lockfile of a project without packages is read, another file of that name is refused', (t) => {
  const folder = temporaryFolder(t);
  const empty = {
    'package-lock.json': '{ "name": "x", "lockfileVersion": 3, "requires": true, "packages": { "": { "name": "x" } } }',
    'yarn.lock': '# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n\n',
    'pnpm-lock.yaml': "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\nimporters:\n\n  .: {}\n",
    'bun.lock': '{\n  "lockfileVersion": 1,\n  "workspaces": {\n    "": { "name": "x", },\n  },\n  "packages": {}\n}\n',
  };
  for (const [name, text] of Object.entries(empty)) {
    const file = join(folder, name);
    writeFileSync(file, text);
    assert.deepEqual(readLockfile(file), [], name);
    writeFileSync(file, 'hello\n');
    assert.throws(() => readLockfile(file), /as a lockfile/, name);
  }
});
