/** The parts of a page as HTML: tables, charts, fields, source excerpts. In: a Block. Out: HTML, with every text escaped. */
import type { Block, Chart, PageContext, Table } from './page.js';
import { escapeHtml } from '../units.js';

export const renderBlock = (block: Block, context: PageContext): string => {
  switch (block.kind) {
    case 'text':
      return block.lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n');
    case 'fields':
      return `<dl>${block.fields.map(([name, text]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd>`).join('\n')}</dl>`;
    case 'table':
      return renderTable(block);
    case 'chart':
      return renderChart(block);
    case 'source':
      return renderSource(block, context);
  }
};

/** Columns without any text are left out. */
const renderTable = ({ columns, rows }: Table): string => {
  const shown = columns
    .map((column, at) => ({ ...column, at }))
    .filter(({ at }) => rows.some(({ cells }) => cells[at]));
  const titles = shown.map(({ title, as }) => `<th class="${as}">${escapeHtml(title)}</th>`).join('');
  const rowOf = ({ cells, share }: Table['rows'][number]): string => {
    const bar = share === undefined ? '' : ` style="--share:${(100 * clamp(share)).toFixed(1)}%"`;
    const drawn = shown.map(
      ({ as, at }) => `<td class="${as}"${at === 0 ? bar : ''}>${escapeHtml(cells[at] ?? '')}</td>`,
    );
    return `<tr>${drawn.join('')}</tr>`;
  };
  const body = rows.map(rowOf).join('\n');
  return `<div class="scroll"><table><thead><tr>${titles}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
};

const clamp = (share: number): number => Math.min(1, Math.max(0, share));

/** The drawing's own units; the page stretches it to its width. */
const drawing = { width: 600, height: 100, margin: 6 };

const renderChart = ({ title, lines, format, ends }: Chart): string => {
  const values = lines.flatMap((line) => line.values);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const styles = ['first', 'second'];
  const drawn = lines.map((line, at) => polyline(line.values, low, high, styles[at % 2] ?? 'first'));
  const named = lines.map(({ name, values: own }, at) => {
    const [first, last, peak] = [own[0] ?? 0, own.at(-1) ?? 0, Math.max(...own)].map(format);
    const figures = own.length <= 12 ? own.map(format).join(' → ') : `${first} → ${last}, at most ${peak}`;
    return `<b class="${styles[at % 2]}">${escapeHtml(name)}</b> ${escapeHtml(figures)}`;
  });
  const head = `${escapeHtml(title)}, ${escapeHtml(ends[0])} to ${escapeHtml(ends[1])}`;
  return `<figure><svg viewBox="0 0 ${drawing.width} ${drawing.height}" preserveAspectRatio="none" role="img"><title>${head}</title>${drawn.join('')}</svg>
<figcaption>${head}<br>${named.join('<br>')}</figcaption></figure>`;
};

const polyline = (values: readonly number[], low: number, high: number, style: string): string => {
  const { width, height, margin } = drawing;
  const x = (at: number): number =>
    values.length < 2 ? width / 2 : margin + (at * (width - 2 * margin)) / (values.length - 1);
  const y = (value: number): number =>
    high === low ? height / 2 : height - margin - ((value - low) / (high - low)) * (height - 2 * margin);
  const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return `<polyline class="${style}" points="${points}"/>`;
};

/** Lines that are shown before and after the one that is meant. */
const around = 3;
const longestLine = 300;

const renderSource = ({ file, line }: { file: string; line: number }, { sourceOf }: PageContext): string => {
  const lines = sourceOf(file);
  if (lines === undefined || line < 1 || line > lines.length) return '';
  const from = Math.max(1, line - around);
  const shown = lines.slice(from - 1, line + around);
  const digits = String(from + shown.length).length;
  const text = shown.map((one, at) => {
    const here = from + at === line ? ' class="here"' : '';
    return `<span${here}><i>${String(from + at).padStart(digits)}  </i>${escapeHtml(one.slice(0, longestLine).replaceAll('\t', '  '))}</span>`;
  });
  return `<pre aria-label="source">${text.join('')}</pre>`;
};
