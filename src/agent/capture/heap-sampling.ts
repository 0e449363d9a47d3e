/**
 * Starts V8's sampling heap profiler in a thread. In: a session and V8's options. V8 has one sampler for a thread, so an
 * agent inside the program ends its own sampling first; it begins anew when no memwatch is attached.
 */
import type { Protocol } from 'devtools-protocol';
import { evaluate } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';

export const startHeapSampling = async (
  session: Session,
  options: Protocol.HeapProfiler.StartSamplingRequest,
): Promise<void> => {
  await evaluate(session, endSamplingOfAgent);
  await session.send('HeapProfiler.startSampling', options);
};

/** Runs in the target. */
const endSamplingOfAgent = (): void => {
  const agent: { stopSampling(): void } | undefined = Reflect.get(process, Symbol.for('memwatch.agent'));
  agent?.stopSampling();
};
