/**
 * Releases that are known to leak, of npm packages and of Node. Each was seen to grow, and the first good one not to. A
 * table, longer for that. What leaks in ordinary use of a release is a `release`; a `use` grows only when the package is used
 * in that way, often with every release.
 */
import type { VersionRange } from './versions.js';

export interface KnownLeak {
  /** npm's name; `node` for Node itself. */
  readonly package: string;
  readonly kind: 'release' | 'use';
  readonly leaky: readonly VersionRange[];
  /** What grows, and when. */
  readonly grows: string;
  /** What to do instead; never null where no release is good. */
  readonly advice: string | null;
  readonly issue: string;
}

const everyRelease: readonly VersionRange[] = [{ from: '0.0.0', before: null }];

const release = (
  name: string,
  [from, before]: readonly [string, string | null],
  grows: string,
  issue: string,
): KnownLeak => ({ package: name, kind: 'release', leaky: [{ from, before }], grows, advice: null, issue });

const use = (name: string, grows: string, advice: string, issue: string, leaky = everyRelease): KnownLeak => {
  return { package: name, kind: 'use', leaky, grows, advice, issue };
};

const github = (path: string): string => `https://github.com/${path}`;

const node = (grows: string, issue: string, ...leaky: readonly VersionRange[]): KnownLeak => {
  return { package: 'node', kind: 'release', leaky, grows, advice: null, issue: github(issue) };
};

export const knownLeaks: readonly KnownLeak[] = [
  node(
    'each AbortSignal.any() of a long-lived signal leaves an entry in it',
    'nodejs/node/issues/55351',
    { from: '20.3.0', before: '22.12.0' },
    { from: '23.0.0', before: '23.1.0' },
  ),
  node(
    'each AbortSignal.any() of a long-lived signal leaves an entry, and with AbortSignal.timeout() the whole signal',
    'nodejs/node/issues/62363',
    { from: '22.13.0', before: '23.0.0', firstGood: '24.16.0' },
    { from: '23.5.0', before: '24.16.0' },
    { from: '25.0.0', before: '26.1.0' },
  ),
  node(
    'a signal of AbortSignal.any() with a listener stays, although its sources are gone',
    'nodejs/node/issues/55328',
    { from: '20.3.0', before: '22.13.0' },
    { from: '23.0.0', before: '23.5.0' },
  ),
  node(
    'a signal of AbortSignal.any() with a listener stays after it aborted, while another of its sources lives on',
    'nodejs/node/issues/64476',
    { from: '20.3.0', before: '24.20.0' },
    { from: '25.0.0', before: '26.7.0' },
  ),
  node(
    'each Blob.stream() keeps the bytes of its blob, whether it is read or not',
    'nodejs/node/issues/63574',
    { from: '24.16.0', before: '24.20.0' },
    { from: '26.0.0', before: '26.6.0' },
  ),
  release(
    'debug',
    ['3.0.0', '4.3.0'],
    'each logger that is created stays in createDebug.instances',
    github('debug-js/debug/issues/678'),
  ),
  release(
    'tiny-lru',
    ['11.1.2', '11.2.2'],
    'entries that lru() evicts stay linked, although its size does not count them',
    github('avoidwork/tiny-lru/issues/134'),
  ),
  release(
    'zod',
    ['4.0.0', '4.1.8'],
    'each schema with .describe() or .meta() stays in globalRegistry',
    github('elastic/kibana/issues/258147'),
  ),
  release(
    'axios',
    ['0.15.0', '0.22.0'],
    'requests that share a cancel token leave reactions on its promise',
    github('axios/axios/issues/3001'),
  ),
  release(
    'z-schema',
    ['3.9.5', '3.18.4'],
    'each inline schema stays in the cache of references',
    github('zaggino/z-schema/issues/192'),
  ),
  release(
    'rxjs',
    ['7.0.0', '7.3.1'],
    'inner subscribers stay in the teardowns of an outer one that lives on',
    github('ReactiveX/rxjs/issues/6624'),
  ),
  release(
    'winston',
    ['3.0.0', '3.3.4'],
    'loggers that were closed leave an uncaughtException listener on process',
    github('winstonjs/winston/issues/2005'),
  ),
  release(
    'i18next',
    ['21.6.15', '23.12.4'],
    'the cache of formatters has an entry for each value that is formatted',
    github('i18next/i18next/issues/2227'),
  ),
  release(
    'node-schedule',
    ['0.1.0', '2.0.0'],
    'one-time jobs stay in scheduledJobs after they ran',
    github('node-schedule/node-schedule/issues/478'),
  ),
  release(
    '@sentry/node',
    ['7.48.0', '7.65.0'],
    'each Sentry.init makes an AsyncLocalStorage that stays forever',
    github('getsentry/sentry-javascript/issues/8829'),
  ),
  release(
    '@napi-rs/canvas',
    ['0.1.42', '0.1.48'],
    'encoding (toBuffer, encode) leaks native memory, which the heap does not show',
    github('Brooooooklyn/canvas/issues/716'),
  ),
  release(
    'multer',
    ['0.1.0', '2.3.0'],
    'uploads that the client aborts leave a file descriptor open',
    github('expressjs/multer/security/advisories/GHSA-qfvm-cv95-jqjf'),
  ),
  use(
    'cls-hooked',
    'a context in which a promise is retained never leaves Namespace._contexts',
    'use AsyncLocalStorage of node:async_hooks',
    github('Jeff-Lewis/cls-hooked/issues/66'),
  ),
  use(
    'graphql-tag',
    'gql keeps each distinct document forever',
    'create documents once; use variables instead of building the text for each request',
    github('apollographql/graphql-tag/issues/356'),
  ),
  use(
    'inflight',
    'a key whose callback never fires stays in its list',
    'remove it; glob 9 and later do not need it',
    github('isaacs/inflight/issues/5'),
  ),
  use(
    'postcss-load-config',
    'an ES module config is imported again for each call, and Node keeps every copy',
    'load the config once',
    github('postcss/postcss-load-config/pull/259'),
    [{ from: '5.0.3', before: null }],
  ),
  use(
    'sequelize',
    'each instance leaves a listener for exit or beforeExit on process',
    'create one instance for the process',
    github('sequelize/sequelize/issues/2020'),
    [{ from: '1.5.0', before: '4.28.3' }],
  ),
  use(
    'workerpool',
    'a pool created for each task leaves its workers running',
    'keep one pool, or call pool.terminate()',
    github('josdejong/workerpool/issues/330'),
  ),
  use(
    'piscina',
    'a pool created for each task leaves its threads running',
    'keep one pool, or call pool.destroy()',
    github('piscinajs/piscina#readme'),
  ),
  use(
    'jsdom',
    'timers of a window that was not closed keep its whole document',
    'call window.close()',
    github('jsdom/jsdom#readme'),
  ),
  use(
    'cheerio',
    'a short text that is kept is a slice, which retains the whole page',
    'copy what is kept: Buffer.from(text).toString()',
    github('cheeriojs/cheerio/issues/263'),
  ),
  use(
    '@dqbd/tiktoken',
    'an encoding that is not freed keeps its WebAssembly memory',
    'create one encoding, or call encoding.free()',
    github('dqbd/tiktoken#readme'),
  ),
];
