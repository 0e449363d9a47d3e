/** Known leaky releases: lockfiles of every kind, `memwatch audit`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { knownLeaks } from '#memwatch/commands/releases/known-leaks.js';
import { readLockfile } from '#memwatch/commands/releases/lockfile.js';
import { compareVersions, isIn } from '#memwatch/commands/releases/versions.js';
import { messageOf } from '#memwatch/errors.js';
import { runInProcess } from '../support/in-process.js';
import { memwatch } from '../support/memwatch.js';
import { nodeBinary, nodeVersions, testedMajors } from '../support/nodes.js';
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
  const node = await runInProcess(['audit', repository('package-lock.json'), '--node', '22']);
  assert.match(messageOf(node), /--node 22 is not a version/);
});

/** The cases that are not in test/corpus: packages with a release that was seen to leak and, if a release mended it, a clean one. */
const cases: readonly (readonly [name: string, leaky: string, clean?: string])[] = [
  ['@napi-rs/canvas', '0.1.44', '0.1.97'],
  ['@sentry/node', '7.64.0', '7.65.0'],
  ['multer', '1.4.5-lts.1', '2.3.0'],
  ['@dqbd/tiktoken', '1.0.2'],
  ['cheerio', '1.0.0-rc.12'],
  ['jsdom', '24.1.3'],
  ['piscina', '4.7.0'],
  ['postcss-load-config', '5.0.3'],
  ['sequelize', '1.7.9', '4.28.3'],
  ['workerpool', '9.2.0'],
];

const lockfileOf = (t: TestContext, packages: readonly (readonly [name: string, version: string])[]): string => {
  const file = join(temporaryFolder(t), 'package-lock.json');
  const entries = packages.map(([name, version], at) => [`node_modules/${at}/node_modules/${name}`, { version }]);
  writeFileSync(file, JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(entries) }));
  return file;
};

test('audit finds the leaky releases of the other cases, and nothing in their clean twins', async (t) => {
  assert.deepEqual(
    await audit(
      lockfileOf(
        t,
        cases.map(([name, leaky]) => [name, leaky]),
      ),
    ),
    [
      'release @napi-rs/canvas 0.1.44 0.1.48',
      'release @sentry/node 7.64.0 7.65.0',
      'release multer 1.4.5-lts.1 2.3.0',
      'use @dqbd/tiktoken 1.0.2 -',
      'use cheerio 1.0.0-rc.12 -',
      'use jsdom 24.1.3 -',
      'use piscina 4.7.0 -',
      'use postcss-load-config 5.0.3 -',
      'use sequelize 1.7.9 4.28.3',
      'use workerpool 9.2.0 -',
    ],
  );
  const clean = cases.flatMap(([name, , version]) => (version === undefined ? [] : [[name, version] as const]));
  assert.deepEqual(await audit(lockfileOf(t, clean)), []);
  const text = await memwatch([
    'audit',
    lockfileOf(t, [
      ['jsdom', '24.1.3'],
      ['sequelize', '1.7.9'],
    ]),
  ]);
  assert.match(text.stdout, /jsdom 24\.1\.3: .*\n {4}no release is without it: call window\.close\(\)\n/);
  assert.match(text.stdout, /sequelize 1\.7\.9: .*\n {4}update to 4\.28\.3 or later, or create one instance/);
});

/** Where a case's names end in -leak and -clean, they are two releases of one package; others leak in one use of it. */
const corpusCases = (): readonly (readonly [name: string, leaky: string, clean?: string])[] => {
  const { dependencies } = JSON.parse(readFileSync(repository('test/corpus/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const version = (name: string): string | undefined => dependencies[name]?.replace(/^npm:.*@/, '');
  return Object.keys(dependencies).flatMap((key) => {
    const name = key.replace(/-leak$/, '');
    const [leaky, clean] = [version(key), version(`${name}-clean`)];
    return key.endsWith('-clean') || leaky === undefined
      ? []
      : [clean === undefined ? [name, leaky] : [name, leaky, clean]];
  });
};

test('each known leak of a package was seen in a case: its release is in the range, the clean twin is not', () => {
  const seen = [...corpusCases(), ...cases];
  for (const { package: name, kind, leaky } of knownLeaks.filter((one) => one.package !== 'node')) {
    const covers = (version: string): boolean => leaky.some((range) => isIn(version, range));
    const proof = seen.find((one) => one[0] === name && covers(one[1]));
    assert.ok(proof !== undefined, name);
    assert.ok(proof[2] === undefined ? kind === 'use' : !covers(proof[2]), `${name} ${proof[2]}`);
  }
});

/** For each issue of Node, whether its leak shows: counts of what stays, far apart from those without the leak. */
const nodeLeaks = `
const calls = 1000;
const settle = async () => { for (let i = 0; i < 6; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); } };
const repeat = async (call, times = calls) => { for (let i = 0; i < times; i++) await call(); await settle(); };
const dependants = (signal) =>
  signal[Object.getOwnPropertySymbols(signal).find((one) => String(one) === 'Symbol(kDependantSignals)')]?.size ?? 0;
const { signal } = new AbortController();
await repeat(() => { AbortSignal.any([signal, AbortSignal.timeout(3_600_000)]); });
const followed = dependants(signal) > calls / 2;
const other = new AbortController();
await repeat(() => {
  const one = new AbortController();
  AbortSignal.any([other.signal, one.signal]).addEventListener('abort', () => {});
  one.abort();
});
const listen = () => AbortSignal.any([new AbortController().signal]).addEventListener('abort', () => {});
await repeat(listen);
const heapBytes = process.memoryUsage().heapUsed;
await repeat(listen, 3 * calls);
const listenedBytes = process.memoryUsage().heapUsed - heapBytes;

const before = process.memoryUsage().arrayBuffers;
await repeat(async () => { await new Blob([Buffer.alloc(65_536)]).stream().cancel(); }, 100);
const streamedBytes = process.memoryUsage().arrayBuffers - before;
console.log(JSON.stringify({
  '55351 62363': followed,
  64476: dependants(other.signal) > calls / 2,
  55328: listenedBytes > 3 * calls * 300,
  63574: streamedBytes > 50 * 65_536,
}));
process.exit(0);
`;

test('the leaks of Node that the table lists show in just those of the tested Nodes', async () => {
  const isListed = (version: string, issue: string): boolean =>
    knownLeaks.some((one) => one.issue.endsWith(`/${issue}`) && one.leaky.some((range) => isIn(version, range)));
  const issues = knownLeaks.filter((one) => one.package === 'node').map(({ issue }) => issue.replace(/^.*\//, ''));
  await Promise.all(
    testedMajors.map(async (major) => {
      const run = promisify(execFile)(nodeBinary(major), ['--expose-gc', '--input-type=module', '-e', nodeLeaks]);
      const shown = Object.entries(JSON.parse((await run).stdout) as Record<string, boolean>);
      assert.deepEqual(shown.flatMap(([keys]) => keys.split(' ')).sort(), [...issues].sort());
      for (const [keys, leaks] of shown)
        assert.equal(
          keys.split(' ').some((issue) => isListed(nodeVersions[major], issue)),
          leaks,
          `${major}: ${keys}`,
        );
    }),
  );
});

test('audit --node names the leaks of that Node, with the release to update to', async () => {
  const found = async (version: string): Promise<string[]> => {
    const { findings } = (await runInProcess(['audit', repository('package-lock.json'), '--node', version])) as {
      findings: Finding[];
    };
    return findings.map(({ issue, firstGood }) => `${issue.replace(/^.*\//, '')} ${firstGood}`).sort();
  };
  assert.deepEqual(await found('v22.11.0'), ['55328 22.13.0', '55351 22.12.0', '64476 24.20.0']);
  assert.deepEqual(await found('22.23.5'), ['62363 24.16.0', '64476 24.20.0']);
  assert.deepEqual(await found('24.13.1'), ['62363 24.16.0', '64476 24.20.0']);
  assert.deepEqual(await found('24.19.0'), ['63574 24.20.0', '64476 24.20.0']);
  assert.deepEqual(await found('25.8.1'), ['62363 26.1.0', '64476 26.7.0']);
  assert.deepEqual([await found('24.20.0'), await found('26.10.0'), await found('20.2.0')], [[], [], []]);
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

snapshots:

  '@sentry/node@7.64.0':
    dependencies:
      debug: 4.1.1(supports-color@8.1.1)

  debug@4.1.1(supports-color@8.1.1):
    dependencies:
      ms: 2.1.3

  winston@3.3.3: {}
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
    assert.deepEqual(read.sort(), ['@sentry/node 7.64.0', 'debug 4.1.1', 'winston 3.3.3'], name);
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
