/**
 * The profiles of `memwatch serve`: what Go's `/debug/pprof` offers, of a Node process. In: an attachment, a kind and a length.
 * Out: pprof's profile.proto, gzipped. As in Go's, time in which nothing ran is left out.
 */
import { captureAllocations } from '../../agent/capture/allocation-profile.js';
import { captureCpuProfiles } from '../../agent/capture/cpu-profile.js';
import type { Attachment } from '../../agent/attach/attach.js';
import { isIdle } from '../../analyzer/cost/functions.js';
import { readCpuProfile } from '../../analyzer/formats/cpuprofile.js';
import { readHeapProfile } from '../../analyzer/formats/heapprofile.js';
import { writePprof } from '../../analyzer/formats/pprof.js';
import type { Profile, ValueColumn } from '../../analyzer/model/profile.js';
import { requireRoomToCollect } from '../../captures/estimate.js';
import { MemwatchError } from '../../errors.js';

/** `profile`: CPU. `allocs`: what is allocated. `heap`: what of it stays alive, which takes a second phase as long. */
export const profileKinds = ['profile', 'allocs', 'heap'] as const;
export type ProfileKind = (typeof profileKinds)[number];

const usualIntervalUs = 1000;

/** Of the main thread. `intervalUs`: between two samples of the CPU. Throws `disconnected` if the process ends meanwhile, and what the captures throw. */
export const captureProfile = async (
  attachment: Attachment,
  kind: ProfileKind,
  durationMs: number,
  signal: AbortSignal,
  intervalUs = usualIntervalUs,
): Promise<Uint8Array> => {
  const thread = { name: 'main thread', session: attachment.main };
  const options = { durationMs, precise: false, signal };
  if (kind === 'profile') {
    const [capture] = await captureCpuProfiles(attachment, [thread], { ...options, intervalUs });
    if (capture === undefined) throw ended();
    return writePprof(withoutIdle(readCpuProfile(capture.text)));
  }
  if (kind === 'heap') await requireRoomToCollect(attachment);
  const sampled = await captureAllocations(attachment, thread, { ...options, survivors: kind === 'heap' });
  const profile = readHeapProfile(sampled);
  return writePprof(kind === 'heap' ? onlyLive(profile) : profile);
};

const ended = (): MemwatchError => new MemwatchError('disconnected', 'the process ended before its profile did');

const withoutIdle = (profile: Profile): Profile => {
  const runs = ({ self, ...column }: ValueColumn): ValueColumn => ({
    ...column,
    self: self.map((value, node) => (isIdle(profile.frames[profile.nodeFrame[node] ?? 0]?.name ?? '') ? 0 : value)),
  });
  const [first, ...others] = profile.values;
  return { ...profile, values: [runs(first), ...others.map(runs)] };
};

/** What stays alive. Throws `disconnected` if the process ended before it was sampled. */
export const onlyLive = (profile: Profile): Profile => {
  const live = profile.values.find(({ name }) => name === 'live');
  if (live === undefined) throw ended();
  return { ...profile, values: [live] };
};
