/**
 * Metrics in the text format of Prometheus (version 0.0.4). In: metrics with their samples. Out: text.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import { escapeText } from './units.js';

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'summary' | 'untyped';
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  /** Appended to the metric's name: `_sum` and `_count` of a summary. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics without samples are left out. */
export const renderPrometheus = (metrics: readonly Metric[]): string =>
  metrics
    .filter(({ samples }) => samples.length > 0)
    .map(
      ({ name, help, type, samples }) =>
        `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map((sample) => renderSample(name, sample)).join('')}`,
    )
    .join('');

const renderSample = (name: string, { suffix = '', labels, value }: MetricSample): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
};

/** Names of processes may hold control characters, which could harm the terminal that shows the page: see escapeText. */
const escapeLabel = (text: string): string => escapeText(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
