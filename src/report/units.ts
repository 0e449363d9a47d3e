/**
 * Readable values: bytes, durations, counts, shares; and escaping of text of unknown origin.
 * In: numbers in base units and raw text. Out: short text without padding.
 */
import { escapeOne, escapeText } from '../analyzer/model/escape.js';
import { formatBytes, formatCount, formatMean, formatRate, formatThings } from '../analyzer/model/figures.js';

export { escapeText, formatBytes, formatCount, formatMean, formatRate, formatThings };

/** Always with a sign: `+1.5 KB`, `-3 MB`, `0 B`. */
export const formatBytesDelta = (bytes: number): string => (bytes > 0 ? '+' : '') + formatBytes(bytes);

/** `+12,345`, `-3`, `0`. */
export const formatCountDelta = (count: number): string => (count > 0 ? '+' : '') + formatCount(count);

/** `0.20 us`, `850 us`, `1.50 ms`, `12.3 s`, `4 min 05 s`, `2 h 05 min`. */
export const formatDuration = (durationUs: number): string => {
  const value = Math.abs(durationUs);
  const sign = durationUs < 0 ? '-' : '';
  if (value < 999.5) return `${sign}${Number.isInteger(value) ? value : significant(value)} us`;
  if (value < 999_500) return `${sign}${significant(value / 1e3)} ms`;
  if (value < 99_950_000) return `${sign}${significant(value / 1e6)} s`;
  const seconds = Math.round(value / 1e6);
  const two = (part: number): string => String(part).padStart(2, '0');
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 48 * 3600)
    return `${sign}${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  return `${sign}${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
};

const significant = (value: number): string => value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);

/** A share of 1 as `45.3%`; `<0.1%` for a share above 0 that would round to 0. */
export const formatShare = (share: number): string =>
  share > 0 && share < 0.0005 ? '<0.1%' : `${(share * 100).toFixed(1)}%`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text inside an element or a quoted attribute of an HTML page. */
export const escapeHtml = (text: string): string =>
  escapeText(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');

/** Text inside an element or a quoted attribute of XML 1.0, which cannot hold every character that HTML can. */
export const escapeXml = (text: string): string => escapeHtml(text).replace(/[\ufffe\uffff]/g, escapeOne);

/** Text in a paragraph or a table cell of GitHub's Markdown. */
export const escapeMarkdown = (text: string): string =>
  escapeText(text)
    .replace(/[\\`*_{}[\]()#+!|~@$-]/g, '\\$&')
    .replace(/[&<>]/g, (character) => entities[character] ?? '');

/** JSON inside a `<script>` element: nothing in it can end the element or open a comment. */
export const jsonForScript = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
