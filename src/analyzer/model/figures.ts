/** Figures added up, rounded and as text, for results and every report. In: numbers in base units. Out: numbers, text. */

const byteUnits = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `512 B`, `1.5 KB`, `23 MB`: powers of 1,024, three significant digits at most. Negative if memory was freed. */
export const formatBytes = (bytes: number): string => {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${bytes < 0 ? '-' : ''}${value.toFixed(digits)} ${byteUnits[unit]}`;
};

/** `12,345`. */
export const formatCount = (count: number): string =>
  Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 line`, `1,234 lines`, `2 boxes`. */
export const formatThings = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A count that is whole, or says that it is a mean: `20`, `about 1,028`, `on average 2.5`. */
export const formatMean = (count: number): string => {
  if (Number.isInteger(count)) return formatCount(count);
  return count >= 10 ? `about ${formatCount(count)}` : `on average ${formatRate(count)}`;
};

/** A number per round or per call: `2,130`, `89.3`, `0.013`. */
export const formatRate = (count: number): string => {
  if (count < 1) return String(Number(count.toPrecision(2)));
  const rounded = Math.round(count * 10) / 10;
  return rounded >= 1000 ? formatCount(rounded) : String(rounded);
};

export const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** 0 if there are none. */
export const meanOf = (values: readonly number[]): number => (values.length === 0 ? 0 : sumOf(values) / values.length);

export const toTenths = (value: number): number => Math.round(value * 10) / 10;
