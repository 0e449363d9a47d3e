/** Keys of a report: moving. In: state, view, key. Out: the next state, or undefined if the key means nothing here. Pure. */
import { bodyHeight } from '../rows/layout.js';
import { reportTexts } from '../rows/report-lines.js';
import { movement } from '../state/movement.js';
import { withFront, type State } from '../state/state.js';
import type { ReportView } from '../state/views.js';

export const reportKeyPressed = (state: State, view: ReportView, key: string): State | undefined => {
  const top = movement(key, view.top, bodyHeight(state), lineCount(state, view));
  return top === undefined ? undefined : withFront(state, scrolledReport(state, { ...view, top }));
};

/** Keeps the screen full while there are lines. */
export const scrolledReport = (state: State, view: ReportView): ReportView => {
  const last = Math.max(0, lineCount(state, view) - bodyHeight(state));
  return { ...view, top: Math.max(0, Math.min(view.top, last)) };
};

const lineCount = (state: State, { report }: ReportView): number =>
  report === undefined ? 0 : reportTexts(report, state.columns).length;
