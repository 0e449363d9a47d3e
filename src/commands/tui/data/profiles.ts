/** The profiles that are open, and what changed between two that were opened together. In: profiles of files. Out: events, pages. */
import type { CpuCapture } from '../../../agent/capture/cpu-profile.js';
import { readCpuProfile } from '../../../analyzer/formats/cpuprofile.js';
import { mergeProfiles } from '../../../analyzer/model/merge-profiles.js';
import type { Profile } from '../../../analyzer/model/profile.js';
import { blockStack } from '../../../report/top-text.js';
import { showType } from '../../profile-type.js';
import { createTop } from '../../top/view.js';
import { escapeText, formatBytes, formatCount, formatDuration, formatShare } from '../../../report/units.js';
import type { FlameName } from '../../../tui/state/detail.js';
import type { ListOrder, ListWindow, Page, ProfileName } from '../../../tui/state/lists.js';
import type { ProviderEvent } from '../../../tui/state/provider.js';
import { changePage, changeSummary, computeChangeData, type ChangeData, type ChangeQuery } from './change-data.js';
import type { FlameGraph } from './flame-data.js';
import { createProfileData, profilePage, type ProfileData, type ProfileQuery } from './profile-data.js';

/** Threads whose load is shown beside the functions. */
const mostLoads = 3;

export class Profiles {
  private readonly byName = new Map<ProfileName, ProfileData>();
  private change: ChangeData | undefined;
  private readonly top = createTop('');

  constructor(private readonly emit: (event: ProviderEvent) => void) {}

  open(file: string, read: Profile, type: string | undefined): ProfileData {
    const data = createProfileData(file, showType(read, type, file));
    const { profile, whole } = data;
    const { unit } = profile.values[0];
    const name = unit === 'bytes' ? 'alloc' : 'cpu';
    if (name === 'cpu') this.byName.delete('now'); // a line shows the time of one profile
    this.byName.set(name, data);
    const total = { bytes: formatBytes, microseconds: formatDuration, count: formatCount }[unit](whole);
    const over = profile.durationUs === 0 ? '' : ` in ${formatDuration(profile.durationUs)}`;
    const what = { bytes: 'allocated', microseconds: 'busy', count: escapeText(profile.values[0].name) }[unit];
    const alive = profile.values.some((value) => value.name === 'live')
      ? '; Alive: of what a second phase of the same length allocated'
      : '';
    const warnings = (profile.warnings ?? []).map((one) => `${one}; `).join('');
    this.emit({ type: 'loaded', dataset: name, summary: `${total} ${what}${over}${alive}; ${warnings}${file}` });
    return data;
  }

  /** The profile of what ran last; callers and callees have other numbers in the next one. */
  showNow(captures: readonly CpuCapture[]): void {
    const threads = captures.map(({ thread, text, ownUs }) => ({ name: thread, profile: readCpuProfile(text), ownUs }));
    const data = createProfileData('', mergeProfiles(threads));
    const again = this.byName.has('now');
    this.byName.set('now', { ...data, functions: data.functions.map((row) => ({ ...row, frame: -1 })) });
    const { table, threads: loads, block } = this.top(threads, { sort: 'self', own: false });
    const busiest = loads.toSorted((a, b) => b.busy - a.busy).slice(0, mostLoads);
    const summary = [
      busiest.map(({ name, busy }) => `${escapeText(name)} ${formatShare(busy)} busy`).join(', '),
      ...(block === undefined
        ? []
        : [`blocked for ${formatDuration(block.durationUs)}: ${blockStack(block, process.cwd())}`]),
      `the last ${formatDuration(table.durationUs)}`,
    ];
    this.emit({ type: 'loaded', dataset: 'now', summary: summary.join('; '), again });
  }

  compare(before: ProfileData, after: ProfileData): void {
    this.change = computeChangeData(before.profile, after.profile);
    const summary = `${changeSummary(this.change)}; ${before.file} → ${after.file}`;
    this.emit({ type: 'loaded', dataset: 'change', summary });
  }

  page(query: ProfileQuery | ChangeQuery, order: ListOrder, window: ListWindow): Page | undefined {
    if (!('profile' in query)) return this.change && changePage(this.change, query, order, window);
    const data = this.byName.get(query.profile);
    return data && profilePage(data, query, order, window);
  }

  flame(name: FlameName): FlameGraph | undefined {
    return (name === 'change' ? this.change : this.byName.get(name))?.flame;
  }

  /** Those whose costs are shown at the lines of a source. */
  all(): ProfileData[] {
    const hidden = this.byName.has('now') ? 'cpu' : undefined;
    return [...this.byName].flatMap(([name, data]) => (name === hidden ? [] : [data]));
  }

  cpuWholeUs(): number | undefined {
    return (this.byName.get('now') ?? this.byName.get('cpu'))?.whole;
  }
}
