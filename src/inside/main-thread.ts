/**
 * The program's main thread, seen from the agent's own thread: an inspector session inside the process, with no port. Its
 * commands run as interrupts, so they are answered while the program is in a loop; only native code makes them wait.
 * In: commands. Out: figures, and profiles in V8's own formats.
 */
import { Session as InspectorSession } from 'node:inspector';
import { hideAddresses, nodesOf } from '../agent/capture/own-documents.js';
import type { Session } from '../agent/session/protocol.js';
import { passTerminationsOn } from '../agent/session/termination.js';
import type { AgentFigures } from './settings.js';

/** What captures need that also run over a connection. */
export type SessionInside = Pick<Session, 'send' | 'on'>;

export interface MainThread extends SampledThread {
  readFigures(): Promise<AgentFigures>;
  startCpu(): Promise<void>;
  stopCpu(): Promise<object>;
  /** On a free port of loopback, unless it is open already. */
  openInspector(): Promise<void>;
  /** To be done before the program ends: Node would say that it waits for a debugger. */
  disconnect(): void;
}

/** The main thread, or a worker. */
export interface SampledThread {
  readonly session: SessionInside;
  /** Samples what is allocated; V8 forgets what dies. */
  startSampling(): Promise<void>;
  /** What is alive of it, after a full collection; undefined if another tool has ended the sampling. */
  readSurvivors(): Promise<Survivors | undefined>;
}

/** V8's own document. */
export interface Survivors {
  readonly head: SampledNode;
}

export interface SampledNode {
  readonly callFrame: { readonly scriptId: string; url: string };
  readonly selfSize: number;
  readonly children: readonly SampledNode[];
}

const samplingInterval = 512 * 1024;
/** Coarser than memwatch's usual 1 ms, because it runs all the time. */
const cpuIntervalUs = 25_000;

export const connectMainThread = (): MainThread => {
  const inspector = new InspectorSession();
  inspector.connectToMainThread();
  const session = sessionOf(inspector);
  let inside: Promise<string> | undefined;
  const ask = async (what: 'read' | 'open'): Promise<unknown> => {
    const objectId = await (inside ??= findInside(session));
    const functionDeclaration = `function () { return this.${what}(); }`;
    const asked = { objectId, functionDeclaration, returnByValue: true, silent: true };
    const { result, exceptionDetails } = await session.send('Runtime.callFunctionOn', asked);
    if (exceptionDetails !== undefined) throw new Error(`the main thread does not answer: ${exceptionDetails.text}`);
    return result.value;
  };
  return {
    session,
    readFigures: async () => {
      // V8 keeps what is logged while an inspector is open, and this session stays connected when that closes
      void session.send('Runtime.discardConsoleEntries').catch(() => {});
      return (await ask('read')) as AgentFigures;
    },
    openInspector: async () => void (await ask('open')),
    ...samplingOf(session),
    startCpu: async () => {
      await session.send('Profiler.enable');
      await session.send('Profiler.setSamplingInterval', { interval: cpuIntervalUs });
      await session.send('Profiler.start');
    },
    stopCpu: async () => {
      const { profile } = await session.send('Profiler.stop');
      hideAddresses(profile.nodes);
      return profile;
    },
    disconnect: () => inspector.disconnect(),
  };
};

/**
 * What agent.cts has put on `process`, by V8's id: from now on the program may do with its globals what it likes. If it has
 * replaced `process` already, by `require`, which only DevTools' command line API has here.
 */
const findInside = async (session: SessionInside): Promise<string> => {
  for (const [of, includeCommandLineAPI] of [
    ['globalThis.process?.', false],
    [`require('node:process')`, true],
  ] as const) {
    const expression = `${of}[Symbol.for('memwatch.agent')]`;
    const { result } = await session.send('Runtime.evaluate', { expression, includeCommandLineAPI, silent: true });
    if (result.objectId !== undefined) return result.objectId;
  }
  throw new Error('the program has removed the agent');
};

export const samplingOf = (session: SessionInside): Omit<SampledThread, 'session'> => ({
  startSampling: () => session.send('HeapProfiler.startSampling', { samplingInterval }),
  readSurvivors: () =>
    session.send('HeapProfiler.getSamplingProfile').then(
      ({ profile }) => {
        hideAddresses(nodesOf(profile.head));
        for (const { callFrame } of nodesOf(profile.head)) if (isOwn(callFrame.url)) callFrame.url = '';
        return profile;
      },
      () => undefined,
    ),
});

const ownFolder = new URL('.', import.meta.url);
/** The agent's own code in the program's thread: what it allocates for the program is the caller's, as with Node's own. */
const isOwn = (url: string): boolean => url.startsWith(ownFolder.href) || url.startsWith(ownFolder.pathname);

/** Without time limits: a program that is in native code answers later. */
const sessionOf = (inspector: InspectorSession): SessionInside => {
  const post = (method: string, params?: object): Promise<unknown> =>
    new Promise((resolve, reject) =>
      inspector.post(method, params, (error, result) => {
        if (error === null) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      }),
    );
  const on: Session['on'] = (event, listener) => {
    const listen = ({ params }: { params: Parameters<typeof listener>[0] }): void => listener(params);
    inspector.on(event, listen);
    return () => void inspector.off(event, listen);
  };
  return { send: passTerminationsOn((method, params) => post(method, params as object)) as Session['send'], on };
};
