/** The numbers on the axes of a picture. In: a range. Out: round values within it, and how they are written. */
import type { PanelUnit } from '../../analyzer/model/panel.js';
import { formatBytes, formatCount, formatDuration, formatShare } from '../units.js';

const mostTicks = 5;

/** From 0 on, at most five steps to the highest value. */
export const valueTicks = (unit: PanelUnit, highest: number): number[] => {
  const step = stepOf(unit, highest / mostTicks);
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, at) => at * step);
};

const stepOf = (unit: PanelUnit, least: number): number => {
  if (unit === 'bytes') return 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, least))));
  const floor = unit === 'count' ? 1 : 1e-4;
  const power = 10 ** Math.floor(Math.log10(Math.max(floor, least)));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= least) ?? 10 * power;
};

export const formatTick = (unit: PanelUnit, value: number): string => {
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'share') return formatShare(value);
  return unit === 'count' ? formatCount(value) : value === 0 ? '0' : formatDuration(value);
};

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** Times at round seconds, minutes, hours: at most eight. */
export const timeTicks = (from: number, to: number, isRelative: boolean): { seconds: number; text: string }[] => {
  const step = timeSteps.find((one) => (to - from) / one <= 8) ?? 86_400 * Math.ceil((to - from) / 86_400 / 8);
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, at) => {
    const seconds = first + at * step;
    return { seconds, text: isRelative ? sinceStart(seconds) : clock(seconds, step) };
  });
};

const sinceStart = (seconds: number): string => (seconds === 0 ? '0' : formatDuration(seconds * 1e6));

/** UTC. */
const clock = (seconds: number, step: number): string => {
  const iso = new Date(seconds * 1000).toISOString();
  if (step >= 86_400) return iso.slice(5, 10);
  return step < 60 ? iso.slice(11, 19) : iso.slice(11, 16);
};

/** When a mark was set. */
export const whenOf = (seconds: number, isRelative: boolean): string =>
  isRelative ? `after ${sinceStart(seconds)}` : `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`; // prettier-ignore
