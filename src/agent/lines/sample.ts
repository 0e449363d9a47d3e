/**
 * Samples one function of a running process: its CPU time by line and, at the same time, what it allocates. In: an
 * attachment, a function, a duration. Out: the texts of a .cpuprofile and of a .heapprofile.
 */
import type { CaptureNotes } from '../../analyzer/model/profile.js';
import { startAllocationSampling, type AllocationSampling } from '../capture/allocation-profile.js';
import { scriptsTable } from '../capture/own-documents.js';
import type { Attachment } from '../attach/attach.js';
import { captureCpuProfiles, type CpuCaptureOptions, type Thread } from '../capture/cpu-profile.js';
import type { LiveFunction } from './live-function.js';

export interface FunctionSamples {
  readonly cpu: string;
  /** undefined if the target ended before it sent the profile. */
  readonly allocations: string | undefined;
}

const intervals = { timeUs: 1000, bytes: 64 * 1024 };

export const captureFunctionSamples = async (
  attachment: Attachment,
  thread: Thread,
  live: LiveFunction,
  options: Omit<CpuCaptureOptions, 'intervalUs'>,
): Promise<FunctionSamples> => {
  const sampling = await startAllocationSampling(thread.session, { intervalBytes: intervals.bytes, survivors: false });
  const allocations = stopAtEnd(attachment, sampling);
  const [capture] = await captureCpuProfiles(attachment, [thread], { ...options, intervalUs: intervals.timeUs });
  const head = await allocations.stop();
  const { nodeVersion } = attachment;
  const notes: CaptureNotes & { durationUs: number } = {
    scripts: scriptsTable(nodeVersion, [{ ...live.script, source: live.code }]),
    thread: thread.name,
    precise: options.precise,
    gc: null,
    loop: null,
    durationUs: options.durationMs * 1000,
  };
  return {
    cpu: capture?.text ?? '',
    allocations: head === undefined ? undefined : JSON.stringify({ head, memwatch: notes }),
  };
};

type Head = Awaited<ReturnType<AllocationSampling['stop']>>;

/** Makes sure that sampling is switched off, whatever happens to the profile. */
const stopAtEnd = (attachment: Attachment, sampling: AllocationSampling): { stop(): Promise<Head | undefined> } => {
  let stopped: Promise<Head | undefined> | undefined;
  const stop = (): Promise<Head | undefined> => (stopped ??= sampling.stop().catch(() => undefined));
  attachment.onDetach(async () => void (await stop()));
  return { stop };
};
