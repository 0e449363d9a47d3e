/** Whole outputs stored as files: what a user sees, compared character by character. MEMWATCH_UPDATE_GOLDEN=1 rewrites them. */
import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { repository } from './paths.js';

/** Compares with `test/golden/<name>`. Blanks at the ends of lines are ignored. */
export const matchesGolden = (name: string, text: string): void => {
  const file = repository(`test/golden/${name}`);
  const actual = `${text.replace(/[ \t]+$/gm, '').trimEnd()}\n`;
  if (process.env['MEMWATCH_UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  assert.ok(existsSync(file), `${file} is missing: MEMWATCH_UPDATE_GOLDEN=1 makes it`);
  assert.equal(actual, readFileSync(file, 'utf8'));
};

/** One element a line; style, scripts and drawings, which other tests look at, are left out. */
export const frameOf = (html: string): string =>
  html.replaceAll(/<(style|script|svg)\b[^>]*>[\s\S]*?<\/\1>/g, '<$1>…</$1>').replaceAll(/>\s*</g, '>\n<');

/** Times of day are shown in the zone of the user. */
export const inUtc = (t: TestContext): void => {
  const { TZ } = process.env;
  process.env['TZ'] = 'UTC';
  t.after(() => (TZ === undefined ? delete process.env['TZ'] : (process.env['TZ'] = TZ)));
};
