/** The findings of a search for leaks as a list. In: a report, an order. Out: a page. */
import type { LeakReport } from '../../analyzer/model/finding.js';
import type { FindingRow, ListOrder, ListWindow, Page } from '../../tui/provider.js';
import { rowPage } from './row-list.js';

export const findingsPage = (report: LeakReport, order: ListOrder, window: ListWindow): Page =>
  rowPage<FindingRow>({
    rows: report.findings.map((finding) => ({ kind: 'finding', finding })),
    order,
    window,
    whole: 1,
    text: ({ finding }) => `${finding.title} ${finding.signature}`,
    value: ({ finding }, sort) => {
      if (sort === 'count') return finding.countPerRound;
      if (sort === 'delta') return finding.bytesPerRound ?? 0;
      return sort === 'name' ? finding.title.toLowerCase() : finding.rank;
    },
  });
