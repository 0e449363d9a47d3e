/**
 * The types of the script of a flame graph's page: its data, and the parts of the browser and of d3 that it uses.
 */
/** The data of the page, the only input of its script. */
export interface PageData {
  readonly unit: 'microseconds' | 'bytes' | 'count';
  readonly whole: number;
  readonly names: readonly string[];
  /** For each name: whose code it is, which is the name of its colour. */
  readonly kinds: readonly ('application' | 'package' | 'node' | 'native' | 'gc' | 'state')[];
  readonly nodeName: readonly number[];
  /** -1 for the root; callers come before their callees. */
  readonly nodeParent: readonly number[];
  readonly nodeValue: readonly number[];
  /** Of two profiles: the change as a share of the whole, and what the box says about it. */
  readonly nodeChange?: readonly number[];
  readonly nodeNote?: readonly string[];
  readonly functions: readonly PageRow[];
  readonly lines: readonly PageRow[];
}

export interface PageRow {
  readonly name: string;
  readonly place: string;
  readonly kind: PageData['kinds'][number];
  readonly self: number;
  readonly total: number;
}

/** A box. */
export interface Box {
  readonly name: string;
  readonly kind: string;
  readonly note: string;
  readonly change: number;
  value: number;
  readonly children: Box[];
}

/** The parts of the browser and of d3 that the script uses. */
export interface ChartNode {
  readonly data: Box;
  readonly highlight?: boolean;
}
export interface Chart {
  (selection: unknown): void;
  width(width: number): Chart;
  cellHeight(height: number): Chart;
  minFrameSize(size: number): Chart;
  transitionDuration(ms: number): Chart;
  inverted(on: boolean): Chart;
  setColorMapper(color: (node: ChartNode) => string): Chart;
  setLabelHandler(label: (node: ChartNode) => string): Chart;
  setSearchMatch(matches: (node: ChartNode, term: string) => boolean): Chart;
  setSearchHandler(show: (found: unknown[], value: number, whole: number) => void): Chart;
  setDetailsHandler(show: (text: string | null) => void): Chart;
  search(term: string): void;
  clear(): void;
  resetZoom(): void;
}
export interface PageElement {
  textContent: string;
  value: string;
  checked: boolean;
  hidden: boolean;
  clientWidth: number;
  querySelector(selector: string): PageElement;
  getAttribute(name: string): string;
  setAttribute(name: string, value: string): void;
  append(...children: PageElement[]): void;
  replaceChildren(...children: PageElement[]): void;
  addEventListener(event: string, listener: (event: { preventDefault(): void }) => void): void;
  getBoundingClientRect(): { top: number; bottom: number };
  dataset: Record<string, string>;
}
export interface Browser {
  document: {
    querySelector(selector: string): PageElement;
    querySelectorAll(selector: string): Iterable<PageElement>;
    createElement(name: string): PageElement;
  };
  innerHeight: number;
  scrollBy(x: number, y: number): void;
  addEventListener(event: string, listener: () => void): void;
  d3: { select(selector: string): { datum(data: unknown): { call(chart: Chart): void } }; timerFlush(): void };
  flamegraph: { default?: () => Chart } & (() => Chart);
}
