/**
 * The metrics of `memwatch serve`. In: the served processes with their last readings. Out: Prometheus metrics, under the names
 * that prom-client gives them, so that dashboards for Node.js work; memwatch's own begin with `memwatch_`.
 */
import type { Finding } from '../../analyzer/model/finding.js';
import { formatPlace } from '../../analyzer/model/location.js';
import type { GcReading, Reading } from '../../analyzer/model/reading.js';
import type { Metric, MetricSample } from '../../report/prometheus.js';
import type { ServedProcess } from './served.js';
import type { Suspects } from './suspects.js';

type Read = ServedProcess & { readonly last: Reading };

const hasReading = (one: ServedProcess): one is Read => one.last !== undefined;

export const metricsOf = (served: readonly ServedProcess[], suspectsOf: Suspects['of'] = () => []): Metric[] => {
  const read = served.filter(hasReading);
  const gauge = metricOf(read, 'gauge');
  const counter = metricOf(read, 'counter');
  return [
    metricOf(served, 'gauge')('memwatch_target_up', '1 while it gives readings.', (one) => (hasReading(one) ? 1 : 0)),
    ...gaugesOfReading.map(([name, help, valueOf]) => gauge(name, help, ({ last }) => valueOf(last))),
    // prom-client's name, which only a counter should have
    metricOf(read, 'untyped')('nodejs_active_handles_total', 'Number of active handles.', handleCount),
    gauge('process_open_fds', 'Number of open file descriptors.', ({ counts }) => counts?.fileDescriptors ?? null),
    gauge('process_threads', 'Number of OS threads.', ({ counts }) => counts?.threads ?? null),
    counter('process_cpu_user_seconds_total', `User CPU time ${since}.`, (one) => one.userSeconds),
    counter('process_cpu_system_seconds_total', `System CPU time ${since}.`, (one) => one.systemSeconds),
    counter('process_cpu_seconds_total', `CPU time ${since}.`, (one) => one.userSeconds + one.systemSeconds),
    {
      name: 'nodejs_heap_space_size_used_bytes',
      help: 'Used bytes of each space of the heap.',
      type: 'gauge',
      samples: read.flatMap(spaceSamples),
    },
    {
      name: 'nodejs_gc_duration_seconds',
      help: `Garbage collections ${since}.`,
      type: 'summary',
      samples: read.flatMap(gcSamples),
    },
    {
      name: 'nodejs_version_info',
      help: 'Node.js version.',
      type: 'gauge',
      samples: served.map(({ labels, nodeVersion }) => ({ labels: { ...labels, version: nodeVersion }, value: 1 })),
    },
    ...ownMetrics(read, suspectsOf),
  ];
};

const ownMetrics = (read: readonly Read[], suspectsOf: Suspects['of']): Metric[] => [
  {
    name: 'memwatch_heap_growth_bytes_per_second',
    help: 'Growth of the heap after collections, with its bounds (95 %).',
    type: 'gauge',
    samples: read.flatMap(growthSamples),
  },
  {
    name: 'memwatch_suspected_leak',
    help: '1 for each leak that the last search found, by its signature.',
    type: 'gauge',
    samples: read.flatMap((one) => leakSamples(one, suspectsOf(one))),
  },
];

const since = 'since memwatch attached';

const gaugesOfReading: readonly (readonly [name: string, help: string, value: (reading: Reading) => number | null])[] = [
  ['process_resident_memory_bytes', 'Resident memory size in bytes.', (one) => one.rssBytes],
  ['nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.', (one) => one.heap.usedBytes],
  ['nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.', (one) => one.heap.totalBytes],
  ['nodejs_external_memory_bytes', 'Node.js external memory size in bytes.', (one) => one.heap.externalBytes],
  ['nodejs_eventloop_lag_seconds', 'Mean lag of the event loop in seconds.', (one) => seconds(one.loop.delay?.meanUs)],
  ['nodejs_eventloop_lag_mean_seconds', 'Mean lag of the event loop in seconds.', (one) => seconds(one.loop.delay?.meanUs)],
  ['nodejs_eventloop_lag_p99_seconds', 'The 99th percentile of the lag of the event loop.', (one) => seconds(one.loop.delay?.p99Us)],
  ['nodejs_eventloop_lag_max_seconds', 'The longest lag of the event loop.', (one) => seconds(one.loop.delay?.maxUs)],
  ['nodejs_eventloop_utilization_ratio', 'Share of the time in which the event loop was not idle.', (one) => one.loop.utilization],
  ['memwatch_heap_limit_bytes', 'The heap size at which V8 ends the process.', (one) => one.heap.limitBytes],
  ['memwatch_array_buffers_bytes', 'Memory of ArrayBuffers and Buffers.', (one) => one.heap.arrayBuffersBytes],
  ['memwatch_cgroup_used_bytes', 'Memory that counts against the limit of the cgroup.', (one) => one.cgroup?.usedBytes ?? null],
  ['memwatch_cgroup_limit_bytes', 'The memory limit of the cgroup.', (one) => one.cgroup?.limitBytes ?? null],
]; // prettier-ignore

const handleCount = ({ last }: Read): number => last.handles.reduce((sum, { count }) => sum + count, 0);
const seconds = (us: number | undefined): number | null => (us === undefined ? null : us / 1e6);

/** A metric with one sample for each process that has a value. */
const metricOf =
  <T extends ServedProcess>(from: readonly T[], type: Metric['type']) =>
  (name: string, help: string, valueOf: (one: T) => number | null): Metric => {
    const samples = from.flatMap((one) => {
      const value = valueOf(one);
      return value === null ? [] : [{ labels: one.labels, value }];
    });
    return { name, help, type, samples };
  };

const spaceSamples = ({ labels, last }: Read): MetricSample[] =>
  last.heap.spaces.map(({ name, usedBytes }) => ({ labels: { ...labels, space: name.replace(/_space$/, '') }, value: usedBytes })); // prettier-ignore

/** The names that prom-client uses. */
const gcKinds: Readonly<Record<GcReading['kind'], string>> = {
  minor: 'minor',
  major: 'major',
  incremental: 'incremental',
  'weak callbacks': 'weakcb',
};

const gcSamples = ({ labels, gc }: ServedProcess): MetricSample[] =>
  [...gc].flatMap(([kind, { count, durationUs }]) => [
    { suffix: '_sum', labels: { ...labels, kind: gcKinds[kind] }, value: durationUs / 1e6 },
    { suffix: '_count', labels: { ...labels, kind: gcKinds[kind] }, value: count },
  ]);

/** A signature is the same in every run; titles have counts, which would make a new series each time. */
const leakSamples = ({ labels }: ServedProcess, findings: readonly Finding[]): MetricSample[] =>
  findings.map(({ signature, kind, location }) => {
    const place = location === null ? '' : formatPlace(location);
    return { labels: { ...labels, signature, kind, location: place }, value: 1 };
  });

const growthSamples = (served: ServedProcess): MetricSample[] => {
  const slope = served.growth();
  if (!Number.isFinite(slope.low) || !Number.isFinite(slope.high)) return [];
  return (['low', 'estimate', 'high'] as const).map((bound) => ({
    labels: { ...served.labels, bound },
    value: slope[bound],
  }));
};
