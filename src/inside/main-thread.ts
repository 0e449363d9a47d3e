/**
 * The program's main thread, seen from the agent's own thread: an inspector session inside the process, with no port. Its
 * commands run as interrupts, so they are answered while the program is in a loop; only native code makes them wait.
 * In: commands. Out: figures, and profiles in V8's own formats.
 */
import { Session } from 'node:inspector';
import type { AgentFigures } from './settings.js';

export interface MainThread {
  readFigures(): Promise<AgentFigures>;
  /** Samples what is allocated; V8 forgets what dies. */
  startSampling(): Promise<void>;
  /** What is alive of it, after a full collection; undefined if another tool has ended the sampling. */
  readSurvivors(): Promise<object | undefined>;
  startCpu(): Promise<void>;
  stopCpu(): Promise<object>;
  /** On a free port of loopback, unless it is open already. */
  openInspector(): Promise<void>;
  /** To be done before the program ends: Node would say that it waits for a debugger. */
  disconnect(): void;
}

const samplingInterval = 512 * 1024;
/** Coarser than memwatch's usual 1 ms, because it runs all the time. */
const cpuIntervalUs = 10_000;

export const connectMainThread = (): MainThread => {
  const session = new Session();
  session.connectToMainThread();
  const post = (method: string, params?: object): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) =>
      session.post(method, params, (error, result) => {
        if (error === null) resolve((result ?? {}) as Record<string, unknown>);
        else reject(new Error(`${method}: ${error.message}`));
      }),
    );
  const ask = async (what: 'read' | 'open'): Promise<unknown> => {
    const expression = `process[Symbol.for('memwatch.agent')].${what}()`;
    const answer = await post('Runtime.evaluate', { expression, returnByValue: true, silent: true });
    const { result, exceptionDetails } = answer as { result: { value?: unknown }; exceptionDetails?: { text: string } };
    if (exceptionDetails !== undefined) throw new Error(`the main thread does not answer: ${exceptionDetails.text}`);
    return result.value;
  };
  return {
    readFigures: async () => (await ask('read')) as AgentFigures,
    openInspector: async () => void (await ask('open')),
    startSampling: async () => void (await post('HeapProfiler.startSampling', { samplingInterval })),
    readSurvivors: () =>
      post('HeapProfiler.getSamplingProfile').then(
        ({ profile }) => profile as object,
        () => undefined,
      ),
    startCpu: async () => {
      await post('Profiler.enable');
      await post('Profiler.setSamplingInterval', { interval: cpuIntervalUs });
      await post('Profiler.start');
    },
    stopCpu: async () => (await post('Profiler.stop'))['profile'] as object,
    disconnect: () => session.disconnect(),
  };
};
