/**
 * The memory of the process, or what its threads do: the text of the command, wrapped to the screen. In: state, view. Out: lines. Pure.
 */
import { renderDump } from '../../report/dump-text.js';
import { renderMemory } from '../../report/memory-text.js';
import { formatCount } from '../../report/units.js';
import { displayWidth } from '../../report/width.js';
import { wrap } from '../../report/wrap.js';
import { bodyHeight } from './layout.js';
import { emptyLine, line, span, type Line } from './line.js';
import { safe } from './text.js';
import type { ReportName, TargetReport } from '../state/provider.js';
import type { State } from '../state/state.js';
import type { ReportView } from '../state/views.js';

export const reportTitles: Readonly<Record<ReportName, string>> = { memory: 'memory', dump: 'threads' };

export const reportLines = (state: State, view: ReportView): Line[] => {
  if (view.report === undefined) return [emptyLine, line(span(`  reading …`, 'dim'))];
  const texts = reportTexts(view.report, state.columns);
  return texts
    .slice(view.top, view.top + bodyHeight(state))
    .map((text, at) => line(span(text, view.top + at === 0 ? 'bold' : 'plain')));
};

/** All lines of the report, none wider than the screen. */
export const reportTexts = (report: TargetReport, columns: number): string[] =>
  (report.schema === 'memwatch/memory@1' ? renderMemory(report, columns) : renderDump(report))
    .split('\n')
    .flatMap((text) => fitted(safe(text), columns));

/** What does not fit goes on below, further in. */
const fitted = (text: string, columns: number): string[] => {
  if (displayWidth(text) <= columns) return [text];
  const indent = ' '.repeat(text.search(/\S|$/));
  const [first = '', ...rest] = wrap(text.slice(indent.length), columns - indent.length - continued.length);
  return [indent + first, ...rest.map((one) => indent + continued + one)];
};

const continued = '  ';

/** `1 to 20 of 34 lines`, if not all are on the screen. */
export const reportPosition = (state: State, { report, top }: ReportView): string => {
  const count = report === undefined ? 0 : reportTexts(report, state.columns).length;
  const height = bodyHeight(state);
  return count <= height
    ? ''
    : `${formatCount(top + 1)} to ${formatCount(Math.min(count, top + height))} of ${formatCount(count)} lines `;
};
