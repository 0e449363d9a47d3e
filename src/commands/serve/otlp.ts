/**
 * `--otlp URL` of `memwatch serve`: the readings as OpenTelemetry's metrics, pushed by its official SDK, which users install
 * themselves; the one file that knows it. In: the served processes. Out: for each process a resource of its own, with the
 * names of the semantic conventions (`v8js.*`, `nodejs.*`, `process.*`). The SDK retries, and drops what a dead server does
 * not take; nothing of that happens in the target.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { GcReading, Reading } from '../../analyzer/model/reading.js';
import { MemwatchError } from '../../errors.js';
import type { ServedProcess } from './served.js';

/** Throws `not-found` if the packages are not installed. */
const loadSdk = async () => {
  const names = [
    '@opentelemetry/sdk-metrics',
    '@opentelemetry/exporter-metrics-otlp-proto',
    '@opentelemetry/resources',
  ];
  try {
    const [metrics, { OTLPMetricExporter }, { resourceFromAttributes }] = await Promise.all([
      import('@opentelemetry/sdk-metrics'),
      import('@opentelemetry/exporter-metrics-otlp-proto'),
      import('@opentelemetry/resources'),
    ]);
    return { ...metrics, OTLPMetricExporter, resourceFromAttributes };
  } catch (cause) {
    throw new MemwatchError('not-found', '--otlp needs the SDK of OpenTelemetry, which is not installed', {
      hint: `npm install ${names.join(' ')} next to memwatch`,
      cause,
    });
  }
};

type Sdk = Awaited<ReturnType<typeof loadSdk>>;

const exportEveryMs = 15_000;
const lookEveryMs = 5000;
const patienceMs = 3000;
/** The last export may not delay the end of memwatch. */
const lastExportMs = 800;

/** Returns how to stop. Throws `not-found` if the SDK is not installed. */
export const pushMetrics = async (list: () => readonly ServedProcess[], url: string): Promise<() => Promise<void>> => {
  const sdk = await loadSdk();
  const exported = new Map<ServedProcess, ReturnType<typeof exportProcess>>();
  const look = (): void => {
    const served = list();
    for (const one of served) if (!exported.has(one)) exported.set(one, exportProcess(sdk, one, url));
    for (const [one, { countGc, stop }] of exported) {
      countGc();
      if (served.includes(one)) continue;
      exported.delete(one);
      void stop();
    }
  };
  look();
  const timer = setInterval(look, lookEveryMs);
  return async () => {
    clearInterval(timer);
    look();
    await Promise.all([...exported.values()].map(({ stop }) => stop()));
  };
};

const exportProcess = (
  sdk: Sdk,
  served: ServedProcess,
  url: string,
): { countGc: () => void; stop: () => Promise<void> } => {
  const { pid, script } = served.labels;
  const exporter = new sdk.OTLPMetricExporter({ url, timeoutMillis: patienceMs });
  const provider = new sdk.MeterProvider({
    resource: sdk.resourceFromAttributes({
      'service.name': script?.split('/').at(-1) ?? 'node',
      'service.instance.id': pid ?? '',
      'process.pid': Number(pid) || 0,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': served.nodeVersion.replace(/^v/, ''),
    }),
    readers: [new sdk.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: exportEveryMs, exportTimeoutMillis: patienceMs })],
    // how long each collection took is not known, but their number and their time is
    views: [{ instrumentName: gcName, aggregation: { type: sdk.AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [], recordMinMax: false } } }],
  }); // prettier-ignore
  observe(provider, served);
  const countGc = gcCounter(provider, served);
  const end = (): Promise<void> => provider.shutdown().catch(() => {}); // the SDK has said what failed
  return { countGc, stop: () => Promise.race([end(), sleep(lastExportMs, undefined, { ref: false })]) };
};

const gcName = 'v8js.gc.duration';
const gcTypes: Readonly<Record<GcReading['kind'], string>> = { minor: 'minor', major: 'major', incremental: 'incremental', 'weak callbacks': 'weakcb' }; // prettier-ignore

const gcCounter = (provider: MeterProvider, served: ServedProcess): (() => void) => {
  const histogram = provider.getMeter('memwatch').createHistogram(gcName, { unit: 's' });
  const before = new Map<GcReading['kind'], { count: number; durationUs: number }>();
  return () => {
    for (const [kind, { count, durationUs }] of served.gc) {
      const last = before.get(kind) ?? { count: 0, durationUs: 0 };
      const more = count - last.count;
      for (let at = 0; at < more; at++)
        histogram.record((durationUs - last.durationUs) / more / 1e6, { 'v8js.gc.type': gcTypes[kind] });
      before.set(kind, { count, durationUs });
    }
  };
};

type Gauge = readonly [name: string, unit: string, value: (reading: Reading) => number | undefined];

const gauges: readonly Gauge[] = [
  ['nodejs.eventloop.utilization', '1', ({ loop }) => loop.utilization],
  ['nodejs.eventloop.delay.mean', 's', ({ loop }) => seconds(loop.delay?.meanUs)],
  ['nodejs.eventloop.delay.p99', 's', ({ loop }) => seconds(loop.delay?.p99Us)],
  ['nodejs.eventloop.delay.max', 's', ({ loop }) => seconds(loop.delay?.maxUs)],
];

const sizes: readonly Gauge[] = [
  ['process.memory.usage', 'By', ({ rssBytes }) => rssBytes],
  ['memwatch.heap.used', 'By', ({ heap }) => heap.usedBytes],
  ['memwatch.heap.limit', 'By', ({ heap }) => heap.limitBytes],
  ['memwatch.external.used', 'By', ({ heap }) => heap.externalBytes],
];

const seconds = (us: number | undefined): number | undefined => (us === undefined ? undefined : us / 1e6);

/** What is read when the SDK exports. */
const observe = (provider: MeterProvider, served: ServedProcess): void => {
  const meter = provider.getMeter('memwatch');
  const each = (list: readonly Gauge[], create: typeof meter.createObservableGauge): void => {
    for (const [name, unit, valueOf] of list)
      create.call(meter, name, { unit }).addCallback((result) => {
        const value = served.last === undefined ? undefined : valueOf(served.last);
        if (value !== undefined) result.observe(value);
      });
  };
  each(gauges, meter.createObservableGauge);
  each(sizes, meter.createObservableUpDownCounter);
  const space = (name: string, valueOf: (one: Reading['heap']['spaces'][number]) => number): void =>
    meter.createObservableUpDownCounter(name, { unit: 'By' }).addCallback((result) => {
      for (const one of served.last?.heap.spaces ?? [])
        result.observe(valueOf(one), { 'v8js.heap.space.name': one.name });
    });
  space('v8js.memory.heap.used', ({ usedBytes }) => usedBytes);
  space('v8js.memory.heap.limit', ({ totalBytes }) => totalBytes);
  meter.createObservableCounter('process.cpu.time', { unit: 's' }).addCallback((result) => {
    result.observe(served.userSeconds, { 'cpu.mode': 'user' });
    result.observe(served.systemSeconds, { 'cpu.mode': 'system' });
  });
};
