/** The profiles that are open, and what changed between two that were opened together. In: files. Out: events, pages. */
import { escapeText, formatBytes, formatCount, formatDuration } from '../../../report/units.js';
import type { FlameName } from '../../../tui/state/detail.js';
import type { ListOrder, ListWindow, Page, ProfileName } from '../../../tui/state/lists.js';
import type { ProviderEvent } from '../../../tui/state/provider.js';
import { changePage, changeSummary, computeChangeData, type ChangeData, type ChangeQuery } from './change-data.js';
import type { FlameGraph } from './flame-data.js';
import { profilePage, readProfileData, type ProfileData, type ProfileQuery } from './profile-data.js';

export class Profiles {
  private readonly byName = new Map<ProfileName, ProfileData>();
  private change: ChangeData | undefined;

  constructor(private readonly emit: (event: ProviderEvent) => void) {}

  async open(file: string, type: string | undefined): Promise<ProfileData> {
    const data = await readProfileData(file, type);
    const { profile, whole } = data;
    const { unit } = profile.values[0];
    const name = unit === 'bytes' ? 'alloc' : 'cpu';
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

  all(): ProfileData[] {
    return [...this.byName.values()];
  }

  cpuWholeUs(): number | undefined {
    return this.byName.get('cpu')?.whole;
  }
}
