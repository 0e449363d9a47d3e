// Chrome DevTools' own heap snapshot engine, bundled from the TypeScript sources of chrome-devtools-frontend so that it
// runs in Node: a main part, and its second worker as DevTools starts it.
import { isMainThread, MessageChannel, Worker, workerData } from 'node:worker_threads';
import { createReadStream } from 'node:fs';
import { pathToFileURL } from 'node:url';

// Node 20 lacks it; the engine's sources use it
Promise.withResolvers ??= () => {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const load = (bundle) => import(pathToFileURL(bundle).href);

/** A file that DevTools' build generates and its package lacks. */
const withoutLocales = {
  name: 'without-locales',
  setup(build) {
    build.onResolve({ filter: /\/locales\.js$/ }, ({ path }) => ({ path, namespace: 'locales' }));
    build.onLoad({ filter: /./, namespace: 'locales' }, () => ({
      contents: `export const LOCALES = ['en-US'], BUNDLED_LOCALES = ['en-US'], DEFAULT_LOCALE = 'en-US';
        export const REMOTE_FETCH_PATTERN = '', LOCAL_FETCH_PATTERN = '';`,
    }));
  },
};

/** Bundles the engine once; returns the bundle's path. */
export const bundleDevtools = async (frontEnd, bundle) => {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [`${frontEnd}/entrypoints/heap_snapshot_worker/heap_snapshot_worker.ts`],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
    plugins: [withoutLocales],
    tsconfigRaw: { compilerOptions: { target: 'es2022', useDefineForClassFields: true } },
  });
  return bundle;
};

/** Reads a snapshot and computes everything that DevTools computes when it opens one. */
export const openWithDevtools = async (bundle, file) => {
  const { HeapSnapshotLoader } = await load(bundle);
  const started = performance.now();
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent() {} });
  for await (const chunk of createReadStream(file, { encoding: 'latin1', highWaterMark: 10_000_000 })) {
    loader.write(chunk);
    await new Promise(setImmediate);
  }
  loader.close();
  await loader.parsingComplete;
  const parsed = performance.now();
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { bundle, port: port2 },
    transferList: [port2],
    resourceLimits: { maxOldGenerationSizeMb: 16_384 },
  });
  const snapshot = await loader.buildSnapshot(port1);
  await worker.terminate();
  port1.close();
  return { snapshot, parseSeconds: (parsed - started) / 1000 };
};

if (!isMainThread && workerData?.bundle !== undefined) {
  const { HeapSnapshot } = await load(workerData.bundle);
  globalThis.secondary = new HeapSnapshot.SecondaryInitManager(workerData.port);
}
