/**
 * The script of the page of flamegraph-page.ts. In: the page's data. Out: the chart, the search, the table. Its source is
 * copied into the page, so it uses nothing from outside itself. Text from the profile is set as text, never as HTML.
 */
/** The data of the page, the only input of its script. */
export interface PageData {
  readonly unit: 'microseconds' | 'bytes' | 'count';
  readonly names: readonly string[];
  readonly nodeName: readonly number[];
  /** -1 for the root; callers come before their callees. */
  readonly nodeParent: readonly number[];
  readonly nodeValue: readonly number[];
  readonly rows: readonly { name: string; place: string; self: number; total: number }[];
}

/** The parts of the browser and of d3 that the script uses. */
interface ChartNode {
  readonly data: { name: string; value: number };
}
interface Chart {
  (selection: unknown): void;
  width(width: number): Chart;
  cellHeight(height: number): Chart;
  minFrameSize(size: number): Chart;
  transitionDuration(ms: number): Chart;
  inverted(on: boolean): Chart;
  setLabelHandler(label: (node: ChartNode) => string): Chart;
  setSearchMatch(matches: (node: ChartNode, term: string) => boolean): Chart;
  setSearchHandler(show: (found: unknown[], value: number, whole: number) => void): Chart;
  setDetailsHandler(show: (text: string | null) => void): Chart;
  search(term: string): void;
  clear(): void;
  resetZoom(): void;
}
interface Element {
  textContent: string;
  value: string;
  clientWidth: number;
  append(...children: Element[]): void;
  replaceChildren(...children: Element[]): void;
  addEventListener(event: string, listener: (event: { preventDefault(): void }) => void): void;
  dataset: Record<string, string>;
}
interface Browser {
  document: {
    querySelector(selector: string): Element;
    querySelectorAll(selector: string): Iterable<Element>;
    createElement(name: string): Element;
  };
  d3: { select(selector: string): { datum(data: unknown): { call(chart: Chart): void } } };
  flamegraph: { default?: () => Chart } & (() => Chart);
}

// oxlint-disable-next-line max-lines-per-function -- runs in the page: its source is sent as one text
export const showPage = (data: PageData): void => {
  const { document, d3, flamegraph } = globalThis as unknown as Browser;
  const find = (selector: string): Element => document.querySelector(selector);
  const show = (value: number): string => {
    if (data.unit === 'count') return value.toLocaleString('en');
    if (data.unit === 'bytes')
      return value < 1048576 ? `${(value / 1024).toFixed(1)} KB` : `${(value / 1048576).toFixed(1)} MB`;
    return value < 1e6 ? `${(value / 1000).toFixed(1)} ms` : `${(value / 1e6).toFixed(2)} s`;
  };
  const whole = data.nodeValue[0];
  const percent = (value: number): string => `${((100 * value) / (whole > 0 ? whole : 1)).toFixed(1)}%`;
  const nodes = data.nodeName.map((name, i) => ({
    name: data.names[name],
    value: data.nodeValue[i],
    children: [] as unknown[],
  }));
  data.nodeParent.forEach((parent, i) => {
    if (parent >= 0) nodes[parent].children.push(nodes[i]);
  });
  const details = find('#details');
  const create = flamegraph.default ?? flamegraph;
  const chart = create()
    .width(Math.max(600, find('#chart').clientWidth))
    .cellHeight(18)
    .minFrameSize(1)
    .transitionDuration(200)
    .inverted(true)
    .setLabelHandler((node) => `${node.data.name}: ${show(node.data.value)}, ${percent(node.data.value)}`)
    .setSearchMatch((node, term) => node.data.name.toLowerCase().includes(term.toLowerCase()))
    .setSearchHandler((_, value) => {
      find('#matched').textContent = `matched ${percent(value)}`;
    })
    .setDetailsHandler((text) => {
      details.textContent = text ?? '\u00a0';
    });
  d3.select('#chart').datum(nodes[0]).call(chart);
  const input = find('#search');
  const search = (): void => {
    if (input.value !== '') return chart.search(input.value);
    chart.clear();
    find('#matched').textContent = '';
  };
  input.addEventListener('input', search);
  find('#search-form').addEventListener('submit', (event) => {
    event.preventDefault();
    search();
  });
  find('#reset').addEventListener('click', () => chart.resetZoom());
  const draw = (key: string): void => {
    const value = (row: PageData['rows'][number]): number => (key === 'total' ? row.total : row.self);
    const byText = key === 'name' || key === 'place';
    const rows = [...data.rows].sort((a, b) => (byText ? a[key].localeCompare(b[key]) : value(b) - value(a)));
    find('#functions tbody').replaceChildren(
      ...rows.map((row) => {
        const line = document.createElement('tr');
        for (const text of [show(row.self), percent(row.self), show(row.total), row.name, row.place]) {
          const cell = document.createElement('td');
          cell.textContent = text;
          line.append(cell);
        }
        line.addEventListener('click', () => {
          input.value = row.name;
          search();
        });
        return line;
      }),
    );
  };
  for (const title of document.querySelectorAll('#functions th')) {
    title.addEventListener('click', () => draw(title.dataset['key'] ?? 'self'));
  }
  draw('self');
};
