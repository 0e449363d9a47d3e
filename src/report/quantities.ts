/** Durations and sizes as written on the command line. In: `10s`, `512KiB`. Out: milliseconds, bytes. */
import { MemwatchError } from '../errors.js';

const timeUnits: Readonly<Record<string, number>> = {
  us: 1e-3,
  ms: 1,
  s: 1000,
  '': 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** Milliseconds of `500ms`, `10s`, `2m`; a bare number is seconds. Throws `bad-argument`. */
export const parseDuration = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = timeUnits[match?.[2]?.toLowerCase() ?? '-'];
  if (match !== null && unit !== undefined && Number(match[1]) > 0) return Number(match[1]) * unit;
  throw new MemwatchError('bad-argument', `not a duration: ${text}`, { hint: 'write 500ms, 10s or 2m' });
};

const byteUnits: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Bytes of `512K`, `512KB`, `512KiB`, `1M`; powers of 1,024. Throws `bad-argument`. */
export const parseBytes = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim());
  if (match !== null && Number(match[1]) > 0)
    return Math.round(Number(match[1]) * (byteUnits[(match[2] ?? '').toLowerCase()] ?? 1));
  throw new MemwatchError('bad-argument', `not a size: ${text}`, { hint: 'write 512K, 1M or a number of bytes' });
};

/** Parses a text that has a name, such as an option; an error message names it. */
export const parseNamed = (name: string, text: string, parse: (text: string) => number): number => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof MemwatchError)) throw error;
    throw new MemwatchError('bad-argument', `${name}: ${error.message}`, { hint: error.hint });
  }
};
