/** The types of the script of a recording's page: its data, and the parts of the browser and of uPlot that it uses. */
import type { RecordingCharts } from '../../analyzer/model/panel.js';

/** The data of the page, the only input of its script. */
export interface PageData extends RecordingCharts {
  /** Id of the element in which each panel of each group is drawn. */
  readonly ids: readonly (readonly string[])[];
}

type Columns = readonly (readonly (number | null)[])[];

/** A chart of uPlot. */
export interface Plot {
  readonly ctx: CanvasContext;
  readonly bbox: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly scales: Readonly<Record<string, { readonly min: number; readonly max: number }>>;
  readonly series: readonly { readonly show: boolean }[];
  setData(data: Columns, resetScales: boolean): void;
  setScale(key: string, range: { min: number; max: number }): void;
  setSize(size: { width: number; height: number }): void;
  redraw(rebuildPaths: boolean, recalcAxes: boolean): void;
  valToPos(value: number, scale: string, canvas: boolean): number;
}
export interface PlotClass {
  new (options: object, data: Columns, element: PageElement): Plot;
  tzDate(date: Date, zone: string): Date;
}

export interface CanvasContext {
  strokeStyle: string;
  fillStyle: string;
  font: string;
  lineWidth: number;
  textAlign: string;
  save(): void;
  restore(): void;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  stroke(): void;
  fillText(text: string, x: number, y: number): void;
  setLineDash(dash: readonly number[]): void;
}

export interface PageElement {
  readonly clientWidth: number;
  addEventListener(event: string, listener: () => void): void;
}

export interface Browser {
  readonly document: {
    getElementById(id: string): PageElement | null;
    querySelector(selector: string): PageElement | null;
    readonly documentElement: PageElement;
  };
  readonly uPlot: PlotClass;
  readonly devicePixelRatio: number;
  getComputedStyle(element: PageElement): { getPropertyValue(name: string): string };
  matchMedia(query: string): PageElement;
  addEventListener(event: string, listener: () => void): void;
}
