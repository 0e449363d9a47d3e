/** A number of a profile in its own unit. Pure. */
import { formatBytes, formatCount, formatDuration } from '../../report/units.js';

export const formatValue = (value: number, unit: 'microseconds' | 'bytes' | 'count'): string => {
  if (unit === 'bytes') return formatBytes(value);
  return unit === 'count' ? formatCount(value) : formatDuration(value);
};

/** With a sign. */
export const formatChange = (value: number, unit: 'microseconds' | 'bytes' | 'count'): string =>
  (value > 0 ? '+' : '') + formatValue(value, unit);
