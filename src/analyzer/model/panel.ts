/** Charts of figures over time, before they are drawn: for a page, a picture, or the terminal. */

export interface RecordingCharts {
  /** Several runs are laid over each other: times are seconds since the start of each, not since 1970. */
  readonly isRelative: boolean;
  readonly groups: readonly ChartGroup[];
  readonly marks: readonly ChartMark[];
}

/** What is shown together: one process, or all of them. */
export interface ChartGroup {
  readonly title: string;
  readonly panels: readonly Panel[];
  /** The threads of the process, or the main threads of all: their places among the series that were read, of all runs. */
  readonly members: readonly number[];
}

export interface ChartMark {
  readonly seconds: number;
  readonly text: string;
}

export type PanelUnit = 'bytes' | 'microseconds' | 'share' | 'count';

export interface Panel {
  readonly title: string;
  readonly unit: PanelUnit;
  /** Seconds; the same for all layers. */
  readonly times: readonly number[];
  readonly layers: readonly Layer[];
  readonly limits: readonly { readonly name: string; readonly value: number }[];
}

export interface Layer {
  readonly name: string;
  /** Areas are stacked, in this order from below; lines are not. */
  readonly kind: 'area' | 'line';
  /** One for each time; null where nothing was read. */
  readonly values: readonly (number | null)[];
}
