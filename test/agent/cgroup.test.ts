import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupFolders, readCgroupLimits } from '#memwatch/agent/process/cgroup.js';
import { readCgroupState } from '#memwatch/agent/process/cgroup-state.js';
import { missingMemory } from '#memwatch/agent/process/least-memory.js';

/** Its files, as memwatch sees them from another namespace. */
const rootOfSeven = '/proc/7/root';

const two = (root: string, point = '/sys/fs/cgroup'): string =>
  `41 31 0:38 ${root} ${point} rw,relatime shared:9 - cgroup2 cgroup2 rw\n`;
const one = (root: string): string =>
  `31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n35 31 0:32 ${root} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n` +
  `36 31 0:33 ${root} /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n`;

/** Reads from a made-up tree of files. */
const reader =
  (files: Readonly<Record<string, string>>) =>
  (path: string): string =>
    files[path] ?? '';

test('version 2: the tightest of the limits on the way up, and memory.high is one', () => {
  const tree = {
    '/proc/7/cgroup': '0::/pods/app/inner\n',
    '/proc/self/mountinfo': two('/'),
    '/sys/fs/cgroup/pods/app/inner/cgroup.procs': '7\n',
    '/sys/fs/cgroup/pods/app/inner/memory.max': 'max\n',
    '/sys/fs/cgroup/pods/app/inner/memory.high': '900\n',
    '/sys/fs/cgroup/pods/app/inner/memory.current': '100\n',
    '/sys/fs/cgroup/pods/app/memory.max': '1000\n',
    '/sys/fs/cgroup/pods/app/memory.high': 'max\n',
    '/sys/fs/cgroup/pods/app/memory.current': '500\n',
    '/sys/fs/cgroup/pods/app/memory.stat': 'anon 300\ninactive_file 50\n',
  };
  assert.deepEqual(readCgroupLimits(7, reader(tree)), {
    tightest: { limitBytes: 1000, usedBytes: 450 },
    known: true,
    hiddenAbove: false,
  });
  const slowed = { ...tree, '/sys/fs/cgroup/pods/app/inner/memory.high': '400\n' };
  assert.deepEqual(readCgroupLimits(7, reader(slowed)).tightest, { limitBytes: 400, usedBytes: 100 });
});

test('version 1: file pages of all that is below count as droppable, and memory with swap is a limit', () => {
  const tree = {
    '/proc/7/cgroup': '9:name=systemd:/\n4:memory,hugetlb:/app\n1:cpu:/other\n0::/\n',
    '/proc/self/mountinfo': one('/') + two('/', '/sys/fs/cgroup/unified'),
    '/sys/fs/cgroup/memory/app/cgroup.procs': '7\n',
    '/sys/fs/cgroup/memory/app/memory.limit_in_bytes': '1000\n',
    '/sys/fs/cgroup/memory/app/memory.usage_in_bytes': '600\n',
    '/sys/fs/cgroup/memory/app/memory.stat': 'inactive_file 10\ntotal_inactive_file 200\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': '700\n',
  };
  assert.deepEqual(readCgroupLimits(7, reader(tree)), {
    tightest: { limitBytes: 1000, usedBytes: 400 },
    known: true,
    hiddenAbove: false,
  });
  const swapped = {
    ...tree,
    '/sys/fs/cgroup/memory/app/memory.memsw.limit_in_bytes': '1200\n',
    '/sys/fs/cgroup/memory/app/memory.memsw.usage_in_bytes': '1300\n',
  };
  assert.deepEqual(readCgroupLimits(7, reader(swapped)).tightest, { limitBytes: 1200, usedBytes: 1100 });
});

test('a cgroup outside of this namespace is found through the mounts of the process itself, or is not known', () => {
  const away = { '/proc/7/cgroup': '0::/../app\n', '/proc/self/mountinfo': two('/') };
  assert.deepEqual(readCgroupLimits(7, reader(away)), { tightest: undefined, known: false, hiddenAbove: true });
  const through = {
    ...away,
    '/proc/7/mountinfo': two('/../app'),
    [`${rootOfSeven}/sys/fs/cgroup/cgroup.procs`]: '0\n',
    [`${rootOfSeven}/sys/fs/cgroup/memory.max`]: '1000\n',
    [`${rootOfSeven}/sys/fs/cgroup/memory.current`]: '300\n',
  };
  assert.deepEqual(readCgroupLimits(7, reader(through)), {
    tightest: { limitBytes: 1000, usedBytes: 300 },
    known: true,
    hiddenAbove: true,
  });
  // as in a container that was given the mount of the host (Linux 6.1): where it meets the path of the process is not said
  const mountOfHost =
    '31 22 0:26 /../.. /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n';
  const given = { ...away, '/proc/self/mountinfo': mountOfHost, '/proc/7/mountinfo': mountOfHost };
  assert.deepEqual(readCgroupLimits(7, reader(given)), { tightest: undefined, known: false, hiddenAbove: true });
  // the mount is listed, but its files may not be read
  assert.equal(readCgroupLimits(7, reader({ ...away, '/proc/7/mountinfo': two('/../app') })).known, false);
});

test('from inside a container, limits of the cgroups above may be hidden; version 1 tells the one that holds', () => {
  const inside = { '/proc/7/cgroup': '0::/\n', '/proc/self/mountinfo': two('/'), '/sys/fs/cgroup/cgroup.procs': '7\n' };
  const other = { '/proc/self/ns/cgroup': 'cgroup:[4026532000]' };
  const first = { '/proc/self/ns/cgroup': 'cgroup:[4026531835]' };
  const limits = (files: Readonly<Record<string, string>>) => readCgroupLimits(7, reader({ ...inside, ...files }));
  assert.deepEqual(limits(first), { tightest: undefined, known: true, hiddenAbove: false });
  assert.deepEqual(limits(other), { tightest: undefined, known: false, hiddenAbove: true });
  const own = { ...other, '/sys/fs/cgroup/memory.max': '1000\n', '/sys/fs/cgroup/memory.current': '300\n' };
  assert.deepEqual(limits(own), { tightest: { limitBytes: 1000, usedBytes: 300 }, known: true, hiddenAbove: true });
  const bound = { '/proc/self/mountinfo': two('/docker/app'), '/proc/7/cgroup': '0::/docker/app\n' };
  assert.equal(limits({ ...first, ...bound }).known, false);

  const inOne = (limit: string, effective: string) =>
    limits({
      ...other,
      '/proc/7/cgroup': '4:memory:/\n',
      '/proc/self/mountinfo': one('/'),
      '/sys/fs/cgroup/memory/cgroup.procs': '7\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': limit,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '300\n',
      '/sys/fs/cgroup/memory/memory.stat': `total_inactive_file 50\nhierarchical_memory_limit ${effective}\n`,
    });
  const none = '9223372036854771712';
  const [own1000, above400] = [
    { limitBytes: 1000, usedBytes: 250 },
    { limitBytes: 400, usedBytes: 250 },
  ];
  assert.deepEqual(inOne(none, none), { tightest: undefined, known: true, hiddenAbove: false });
  assert.deepEqual(inOne('1000', '1000'), { tightest: own1000, known: true, hiddenAbove: true });
  assert.deepEqual(inOne('1000', '400'), { tightest: above400, known: false, hiddenAbove: true });
  assert.deepEqual(inOne(none, '400'), { tightest: above400, known: false, hiddenAbove: true });
});

test('a mount that begins below the root holds the part of a path that lies below it', () => {
  const folders = (path: string, root: string): string[] =>
    cgroupFolders(`0::${path}`, two(root)).map(({ folder }) => folder);
  assert.deepEqual(folders('/docker/abc/x', '/docker/abc'), ['/sys/fs/cgroup/x', '/sys/fs/cgroup']);
  assert.deepEqual(folders('/docker/abcd', '/docker/abc'), []);
  assert.deepEqual(folders('/../app', '/..'), ['/sys/fs/cgroup/app', '/sys/fs/cgroup']);
  assert.deepEqual(folders('/app', '/..'), []);
  assert.deepEqual(
    cgroupFolders('0::/a', two('/', '/mnt/with\\040blank')).map(({ folder }) => folder),
    ['/mnt/with blank/a', '/mnt/with blank'],
  );
});

test('without cgroups nothing limits a process, and that is known', () => {
  assert.deepEqual(readCgroupLimits(7, reader({})), { tightest: undefined, known: true, hiddenAbove: false });
});

test('the whole list of limits, its own pressure and the kills of its cgroup, for both versions', () => {
  const newer = {
    '/proc/7/cgroup': '0::/pods/app\n',
    '/proc/self/mountinfo': two('/'),
    '/proc/7/mountinfo': two('/'),
    '/sys/fs/cgroup/pods/app/memory.max': '1000\n',
    '/sys/fs/cgroup/pods/app/memory.high': '900\n',
    '/sys/fs/cgroup/pods/app/memory.current': '700\n',
    '/sys/fs/cgroup/pods/app/memory.swap.max': '50\n',
    '/sys/fs/cgroup/pods/app/memory.swap.current': '20\n',
    '/sys/fs/cgroup/pods/app/memory.stat': 'anon 400\nfile 250\ninactive_file 0\n',
    '/sys/fs/cgroup/pods/app/memory.events': 'low 0\nhigh 3\nmax 4\noom 2\noom_kill 2\n',
    '/sys/fs/cgroup/pods/app/memory.pressure': 'some avg10=12.00 avg60=4.00 avg300=0.00 total=9\n',
    [`${rootOfSeven}/sys/fs/cgroup/pods/app/memory.max`]: '1000\n',
    [`${rootOfSeven}/sys/fs/cgroup/pods/app/memory.current`]: '700\n',
    '/sys/fs/cgroup/pods/memory.max': '4000\n',
    '/sys/fs/cgroup/pods/memory.current': '3000\n',
    '/proc/pressure/memory': 'some avg10=99.00 avg60=99.00 avg300=0.00 total=9\n',
  };
  assert.deepEqual(readCgroupState(7, reader(newer)), {
    limits: [
      { of: 'memory.max of the cgroup /pods/app', kind: 'cgroup', limitBytes: 1000, usedBytes: 700 },
      { of: 'memory.high of the cgroup /pods/app', kind: 'cgroup-high', limitBytes: 900, usedBytes: 700 },
      { of: 'memory.swap.max of the cgroup /pods/app', kind: 'swap', limitBytes: 50, usedBytes: 20 },
      { of: 'memory.max of the cgroup /pods', kind: 'cgroup', limitBytes: 4000, usedBytes: 3000 },
    ],
    pageCache: { of: 'the cgroup /pods/app', bytes: 250, droppableBytes: 0 },
    pressure: { of: 'its cgroup', some10s: 0.12, some60s: 0.04, full10s: 0 },
    oomKills: 2,
    isSeen: false,
    hiddenAbove: false,
  });
  // the room that is left in swap is no limit of memory
  assert.deepEqual(readCgroupLimits(7, reader(newer)).tightest, { limitBytes: 900, usedBytes: 700 });
  const older = {
    '/proc/7/cgroup': '4:memory:/app\n',
    '/proc/self/mountinfo': one('/'),
    '/sys/fs/cgroup/memory/app/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 5\n',
    '/proc/pressure/memory': 'some avg10=1.00 avg60=2.00 avg300=0.00 total=9\nfull avg10=0.50 avg60=0.00 total=1\n',
  };
  assert.deepEqual(readCgroupState(7, reader(older)), {
    limits: [],
    pageCache: null,
    pressure: { of: 'the host', some10s: 0.01, some60s: 0.02, full10s: 0.005 },
    oomKills: 5,
    isSeen: false,
    hiddenAbove: false,
  });
});

test('attaching is refused where less than the least memory is left; file pages and swap are room, memory.high is no limit', () => {
  const megabytes = (count: number): string => `${count * 1e6}\n`;
  const tight = {
    '/proc/7/cgroup': '0::/app\n',
    '/proc/self/mountinfo': two('/'),
    '/proc/meminfo': 'MemAvailable: 9000000 kB\nSwapFree: 0 kB\n',
    '/sys/fs/cgroup/app/memory.max': megabytes(100),
    '/sys/fs/cgroup/app/memory.high': megabytes(90),
    '/sys/fs/cgroup/app/memory.current': megabytes(95),
    '/sys/fs/cgroup/app/memory.stat': 'anon 90000000\ninactive_file 1000000\nactive_file 2000000\n',
  };
  const missing = (files: Readonly<Record<string, string>>, leastBytes?: number, workers?: number) =>
    missingMemory(7, leastBytes, workers, reader({ ...tight, ...files }))?.reason;
  assert.match(missing({}) ?? '', /^has 8 MB of memory left \(memory\.max of the cgroup \/app\), .* up to 16 MB/);
  assert.equal(missing({}, 7e6), undefined);
  assert.equal(missing({ '/sys/fs/cgroup/app/memory.stat': 'active_file 12000000\n' }), undefined, '5 MB + 12 MB');
  const swap = { '/proc/meminfo': 'MemAvailable: 9000000 kB\nSwapFree: 50000 kB\n' };
  assert.equal(missing(swap), undefined);
  const noSwap = { '/sys/fs/cgroup/app/memory.swap.max': '0\n', '/sys/fs/cgroup/app/memory.swap.current': '0\n' };
  assert.match(missing({ ...swap, ...noSwap }) ?? '', /has 8 MB/);
  const poorHost = { '/proc/meminfo': 'MemAvailable: 5000 kB\n', '/sys/fs/cgroup/app/memory.max': 'max\n' };
  assert.match(missing(poorHost) ?? '', /has 5 MB of memory left \(the host\)/);
  const rest = { '/sys/fs/cgroup/app/memory.current': megabytes(75) };
  assert.equal(missing(rest), undefined);
  assert.match(
    missing(rest, undefined, 4) ?? '',
    /^has 28 MB .*, and attaching to it and to its 4 cluster workers takes up to 32 MB/,
  );
});
