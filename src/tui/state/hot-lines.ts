/** The lines of a source that cost most. In: what each line costs. Out: the hottest first. Pure. */
import type { LineCost, SourceDetail } from './detail.js';

/** What makes a line hot: its time if that was measured, else its bytes, else its hits. */
export const heatOf = (cost: LineCost): number => cost.selfUs ?? cost.bytes ?? cost.hits ?? 0;

/** Lines with a cost, hottest first: the order in which `n` visits them. */
export const hotLines = (source: SourceDetail): LineCost[] =>
  source.costs.filter((cost) => heatOf(cost) > 0).sort((a, b) => heatOf(b) - heatOf(a) || a.line - b.line);
