/** The source of a file with what each line costs beside it. In: state, view. Out: lines. Pure. */
import { formatBytes, formatCount, formatDuration, formatShare } from '../../report/units.js';
import { fitLine, line, span, type Line, type Span } from './line.js';
import type { LineCost, SourceDetail } from '../state/detail.js';
import { heatOf, hotLines } from '../state/hot-lines.js';
import { sourceHeight } from './layout.js';
import type { State } from '../state/state.js';
import type { SourceView } from '../state/views.js';
import { bar } from './table.js';
import { padStart, safe } from './text.js';

export const sourceLines = (state: State, view: SourceView): Line[] => {
  const { source } = view;
  if (source === undefined) return [line(span('  reading the source …', 'dim'))];
  const text = source.lines;
  if (text === undefined) return [line(span(`  ${safe(source.why ?? 'the source is not available')}`, 'warn'))];
  const costs = new Map(source.costs.map((cost) => [cost.line, cost]));
  const columns = costColumns(source);
  const hottest = hotLines(source)[0];
  const shown = text.slice(view.top, view.top + sourceHeight(state));
  return [
    header(columns),
    ...shown.map((code, at) => {
      const cost = costs.get(view.top + at + 1);
      const heat = cost === undefined || hottest === undefined ? 0 : heatOf(cost) / heatOf(hottest);
      const selected = view.top + at === view.cursor;
      return fitLine(
        {
          ...codeLine(view.top + at + 1, code.replaceAll('\t', '  ').slice(view.left), cost, heat, columns, selected),
          selected,
        },
        state.columns,
      );
    }),
  ];
};

interface CostColumn {
  readonly title: string;
  readonly width: number;
  readonly text: (cost: LineCost) => string;
}

/** Only the columns that were measured. */
const costColumns = (source: SourceDetail): CostColumn[] => {
  const has = (name: 'selfUs' | 'hits' | 'bytes'): boolean => source.costs.some((cost) => cost[name] !== undefined);
  const column = (title: string, width: number, text: CostColumn['text']): CostColumn => ({ title, width, text });
  const whole = source.wholeUs;
  const isMarked = source.costs.some(({ mayBeInlined }) => mayBeInlined);
  return [
    ...(has('hits') ? [column('Hits', 9, ({ hits }) => (hits === undefined ? '' : formatCount(hits)))] : []),
    ...(has('selfUs')
      ? [
          column('Time', 8, ({ selfUs }) => (selfUs === undefined ? '' : formatDuration(selfUs))),
          column('%', isMarked ? 7 : 6, ({ selfUs, mayBeInlined }) =>
            selfUs === undefined || whole === 0 ? '' : (mayBeInlined ? '~' : '') + formatShare(selfUs / whole),
          ),
        ]
      : []),
    ...(has('bytes') ? [column('Memory', 8, ({ bytes }) => (bytes === undefined ? '' : formatBytes(bytes)))] : []),
  ];
};

const heatWidth = 6;

const header = (columns: readonly CostColumn[]): Line =>
  line(
    span('  '),
    span(columns.map((column) => `${padStart(column.title, column.width)} `).join(''), 'dim'),
    span(columns.length === 0 ? '' : ' '.repeat(heatWidth), 'dim'),
    span('  Line  Source', 'dim'),
  );

const codeLine = (
  number: number,
  code: string,
  cost: LineCost | undefined,
  heat: number,
  columns: readonly CostColumn[],
  selected: boolean,
): Line => {
  const texts = columns.map((column) => `${padStart(cost === undefined ? '' : column.text(cost), column.width)} `);
  const heatBar: Span[] = columns.length === 0 ? [] : [span(bar(heat, heatWidth - 1).padEnd(heatWidth), 'bar')];
  return line(
    span(selected ? '> ' : '  ', 'bold'),
    span(texts.join(''), heat >= 0.5 ? 'warn' : 'plain'),
    ...heatBar,
    span(`${padStart(String(number), 6)}  `, 'dim'),
    span(safe(code), heat >= 0.5 ? 'bold' : 'plain'),
  );
};
