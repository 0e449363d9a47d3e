/**
 * Makes text of unknown origin (from a heap, a profile or a path) harmless to show. In: text or a value. Out: text in which
 * no character moves a cursor, hides other characters or reorders them. Letters of all scripts stay.
 */

/** Control characters, the controls that reorder text and lone surrogates are written as `\n`, `\x1b`, `\u202e`. */
export const escapeText = (text: string): string =>
  dangerous.test(text) ? text.replace(dangerousAll, escapeOne) : text;

const aboveAscii = '\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb';
const loneSurrogate = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]';
const dangerousClass = `[\\u0000-\\u001f${aboveAscii}]|${loneSurrogate}`;
const dangerous = new RegExp(dangerousClass);
const dangerousAll = new RegExp(dangerousClass, 'g');
const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export const escapeOne = (character: string): string => {
  const code = character.charCodeAt(0);
  return shortEscapes[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(code));
};

const unicodeEscape = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;

/**
 * JSON that means the same to every reader and is safe to show in a terminal: JSON.stringify alone escapes only the control
 * characters of ASCII.
 */
export const writeJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(dangerousInJson, (one) => unicodeEscape(one.charCodeAt(0)));

const dangerousInJson = new RegExp(`[${aboveAscii}]`, 'g');
