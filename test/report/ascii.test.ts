/** ASCII locales: every screen and report keeps its shape without a symbol. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isAsciiLocale, toAscii } from '#memwatch/report/ascii.js';
import { displayWidth } from '#memwatch/report/width.js';
import { snapshotFixture } from '../support/fixtures.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';

test('every golden screen and report is ASCII of the same width, and no symbol is unknown', () => {
  const goldens = ['tui', 'report'].map((folder) => repository(`test/golden/${folder}`));
  for (const folder of goldens) {
    for (const file of readdirSync(folder)) {
      for (const line of readFileSync(`${folder}/${file}`, 'utf8').split('\n')) {
        const shown = toAscii(line);
        assert.match(shown, /^[\0-\x7f]*$/);
        assert.equal(displayWidth(shown), displayWidth(line), `${file}: ${shown}`);
        if (/[─-▟→←…▸]/.test(line)) assert.doesNotMatch(shown.replace(/[ -~]*/g, ''), /\?/, `${file}: ${shown}`);
      }
    }
  }
  assert.equal(toAscii('a → b … ▃█ 名'), 'a > b . -# ??');
});

test('the locale decides by the first variable that is set', () => {
  assert.equal(isAsciiLocale({}), false, 'a container without a locale');
  assert.equal(isAsciiLocale({ LANG: 'C' }), true);
  assert.equal(isAsciiLocale({ LANG: 'en_US.UTF-8' }), false);
  assert.equal(isAsciiLocale({ LC_ALL: 'POSIX', LANG: 'en_US.UTF-8' }), true);
  assert.equal(isAsciiLocale({ LC_ALL: '', LC_CTYPE: 'C.utf8', LANG: 'C' }), false);
  assert.equal(isAsciiLocale({ LANG: 'de_DE.ISO-8859-1' }), true);
});

test('a report in an ASCII locale is ASCII', async () => {
  const { stdout, stderr, code } = await memwatch(['heap', snapshotFixture(22)], { env: { LC_ALL: 'C' } });
  assert.equal(code, 0, stderr);
  assert.match(stdout, / > /);
  assert.match(stdout + stderr, /^[\0-\x7f]*$/);
});
