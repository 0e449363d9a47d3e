/**
 * The script of the page of page.ts. In: the page's data. Out: the charts, the search, the tables. Its source is
 * copied into the page, so it uses nothing from outside itself. Text from the profile is set as text, never as HTML.
 */
import type { Box, Browser, Chart, ChartNode, PageData, PageElement, PageRow } from './page-data.js';

// oxlint-disable-next-line max-lines-per-function -- runs in the page: its source is sent as one text
export const showPage = (data: PageData): void => {
  const browser = globalThis as unknown as Browser;
  const { document, d3, flamegraph } = browser;
  const find = (selector: string): PageElement => document.querySelector(selector);
  const show = (value: number): string => {
    if (data.unit === 'count') return value.toLocaleString('en');
    const size = Math.abs(value);
    if (data.unit === 'bytes')
      return size < 1048576 ? `${(value / 1024).toFixed(1)} KB` : `${(value / 1048576).toFixed(1)} MB`;
    return size < 1e6 ? `${(value / 1000).toFixed(1)} ms` : `${(value / 1e6).toFixed(2)} s`;
  };
  const changes = data.nodeChange !== undefined;
  const whole = data.whole > 0 ? data.whole : 1;
  const percent = (value: number): string => `${((100 * value) / whole).toFixed(1)}%`;
  const signed = (text: string, value: number): string => (changes && value > 0 ? `+${text}` : text);
  const details = find('#details');
  const color = ({ data: { kind, change }, highlight }: ChartNode): string => {
    if (highlight === true) return 'var(--found)';
    if (!changes) return `var(--${kind})`;
    const strength = Math.round(100 * Math.min(1, Math.abs(change) / 0.2)); // full from a fifth of the whole on
    return `color-mix(in srgb, var(--${change > 0 ? 'grew' : 'shrank'}) ${strength}%, var(--raised))`;
  };
  let isUp = false;
  const createChart = (selector: string, inverted: boolean): Chart =>
    (flamegraph.default ?? flamegraph)()
      .width(Math.max(300, find(selector).clientWidth))
      .cellHeight(18)
      .minFrameSize(1)
      .transitionDuration(0) // until it is drawn
      .inverted(inverted)
      .setColorMapper(color)
      .setLabelHandler(({ data: { name, note, value } }) =>
        note === '' ? `${name}: ${show(value)}, ${percent(value)}` : `${name}: ${note}`,
      )
      .setSearchMatch((node, term) => node.data.name.toLowerCase().includes(term.toLowerCase()))
      .setSearchHandler((_, value) => {
        find('#matched').textContent = `matched ${percent(value)}`;
      })
      .setDetailsHandler((text) => {
        details.textContent = text ?? '\u00a0';
      });
  /** At once, also where no time passes, as in print: the library writes names and widths in transitions. */
  const draw = (selector: string, tree: Box, drawn: Chart): void => {
    d3.select(selector).datum(tree).call(drawn);
    for (const box of document.querySelectorAll(`${selector} g`))
      box.querySelector('rect').setAttribute('width', box.getAttribute('width'));
    d3.timerFlush();
    drawn.transitionDuration(200);
  };
  const boxOf = (node: number): Box => ({
    name: data.names[data.nodeName[node]],
    kind: data.kinds[data.nodeName[node]],
    note: data.nodeNote?.[node] ?? '',
    change: data.nodeChange?.[node] ?? 0,
    value: 0,
    children: [],
  });
  /** The child of that name, which is made if there is none: the same function under one caller is one box. */
  const childOf = (parent: Box, node: number, byName: Map<Box, Map<number, Box>>): Box => {
    const children = byName.get(parent) ?? new Map<number, Box>();
    byName.set(parent, children);
    const known = children.get(data.nodeName[node]);
    if (known !== undefined) return known;
    const made = boxOf(node);
    children.set(data.nodeName[node], made);
    parent.children.push(made);
    return made;
  };
  const isOwn = (node: number): boolean => data.kinds[data.nodeName[node]] === 'application';
  /** The tree; with own code alone, what others cost belongs to the function of the application that called them. */
  const treeOf = (ownAlone: boolean): Box => {
    const byName = new Map<Box, Map<number, Box>>();
    const boxes: Box[] = [];
    for (let node = 0; node < data.nodeName.length; node++) {
      const above = boxes[data.nodeParent[node]];
      const passed = ownAlone && node > 0 && !isOwn(node);
      const box = node === 0 ? boxOf(0) : passed ? above : ownAlone ? childOf(above, node, byName) : boxOf(node);
      if (!ownAlone && node > 0) above.children.push(box);
      if (!passed) box.value += data.nodeValue[node];
      boxes.push(box);
    }
    return boxes[0];
  };
  let chart = createChart('#chart', true);
  const input = find('#search');
  const search = (): void => {
    if (input.value !== '') return chart.search(input.value);
    chart.clear();
    find('#matched').textContent = '';
  };
  const drawChart = (): void => {
    find('#chart').replaceChildren();
    chart = createChart('#chart', !isUp);
    draw('#chart', treeOf(find('#own').checked), chart);
    if (input.value !== '') search();
  };
  /** A deep stack is higher than the window: show where its boxes begin. */
  const scrollToRoot = (): void => {
    const { top, bottom } = find('#chart').getBoundingClientRect();
    browser.scrollBy(0, isUp ? Math.max(0, bottom - browser.innerHeight + 40) : Math.min(0, top));
  };
  /** Callers and callees of one function: the trees above and below all its calls, each joined into one. */
  const drawSandwich = (name: string): void => {
    const [up, down] = [new Map<Box, Map<number, Box>>(), new Map<Box, Map<number, Box>>()];
    const first = data.nodeName.findIndex((at) => data.names[at] === name);
    find('#sandwich').hidden = first < 0;
    if (first < 0) return;
    const [callers, callees] = [boxOf(first), boxOf(first)];
    const below: (Box | undefined)[] = [];
    for (let node = 0; node < data.nodeName.length; node++) {
      const value = data.nodeValue[node];
      const above = below[data.nodeParent[node]];
      const isIt = data.names[data.nodeName[node]] === name;
      const box = above !== undefined ? childOf(above, node, down) : isIt ? callees : undefined;
      below.push(box);
      if (box !== undefined) box.value += value;
      if (!isIt || above !== undefined) continue; // a call of itself is part of the call
      callers.value += value;
      let to = callers;
      for (let at = data.nodeParent[node]; at > 0; at = data.nodeParent[at]) {
        to = childOf(to, at, up);
        to.value += value;
      }
    }
    find('#sandwich-name').textContent = `${name}: ${show(callees.value)}, ${percent(callees.value)}`;
    for (const [selector, tree, inverted] of [
      ['#callers', callers, false],
      ['#callees', callees, true],
    ] as const) {
      find(selector).replaceChildren();
      draw(selector, tree, createChart(selector, inverted));
    }
  };
  const drawTable = (id: string, all: readonly PageRow[], key: string): void => {
    const value = (row: PageRow): number => (key === 'total' ? row.total : row.self);
    const rows = all.filter(({ kind }) => !find('#own').checked || kind === 'application');
    rows.sort((a, b) =>
      key === 'name' || key === 'place' ? a[key].localeCompare(b[key]) : Math.abs(value(b)) - Math.abs(value(a)),
    );
    find(`#${id} tbody`).replaceChildren(
      ...rows.map((row) => {
        const line = document.createElement('tr');
        const cells = [
          signed(show(row.self), row.self),
          signed(percent(row.self), row.self),
          signed(show(row.total), row.total),
        ];
        for (const text of [...cells, row.name, row.place]) {
          const cell = document.createElement('td');
          cell.textContent = text;
          line.append(cell);
        }
        line.addEventListener('click', () => {
          input.value = row.name;
          search();
          drawSandwich(row.place === '' ? row.name : `${row.name} ${row.place}`);
        });
        return line;
      }),
    );
  };
  const tables = { functions: data.functions, lines: data.lines };
  const drawTables = (): void => {
    for (const [id, rows] of Object.entries(tables)) if (rows.length > 0) drawTable(id, rows, 'self');
  };
  input.addEventListener('input', search);
  find('#search-form').addEventListener('submit', (event) => {
    event.preventDefault();
    search();
  });
  find('#reset').addEventListener('click', () => chart.resetZoom());
  find('#close').addEventListener('click', () => (find('#sandwich').hidden = true));
  find('#own').addEventListener('change', () => {
    drawChart();
    drawTables();
  });
  find('#turn').addEventListener('click', () => {
    isUp = !isUp;
    find('#turn').textContent = isUp ? 'callees down' : 'callees up';
    drawChart();
    scrollToRoot();
  });
  let drawnWidth = find('#chart').clientWidth;
  browser.addEventListener('resize', () => {
    if (find('#chart').clientWidth === drawnWidth) return;
    drawnWidth = find('#chart').clientWidth;
    drawChart();
  });
  for (const [id, rows] of Object.entries(tables))
    for (const title of document.querySelectorAll(`#${id} th`))
      title.addEventListener('click', () => drawTable(id, rows, title.dataset['key'] ?? 'self'));
  drawChart();
  drawTables();
};
