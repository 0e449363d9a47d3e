import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  escapeHtml,
  escapeMarkdown,
  escapeText,
  escapeXml,
  formatBytes,
  formatBytesDelta,
  formatCount,
  formatCountDelta,
  formatDuration,
  formatMean,
  formatShare,
  jsonForScript,
} from '#memwatch/report/units.js';

test('bytes are written with three significant digits and never with four before the point', () => {
  const cases = [0, 1, 999, 1000, 1024, 1536, 10_240, 1023 * 1024, 1024 ** 2, 5_000_000_000, 3 * 1024 ** 5, -2048];
  assert.deepEqual(cases.map(formatBytes), [
    '0 B',
    '1 B',
    '999 B',
    '0.98 KB',
    '1.00 KB',
    '1.50 KB',
    '10.0 KB',
    '1.00 MB',
    '1.00 MB',
    '4.66 GB',
    '3.00 PB',
    '-2.00 KB',
  ]);
  assert.deepEqual([1024, 0, -1024].map(formatBytesDelta), ['+1.00 KB', '0 B', '-1.00 KB']);
});

test('counts have thousands apart, and a delta its sign', () => {
  assert.deepEqual([0, 999, 1000, 1_234_567, -12_345].map(formatCount), ['0', '999', '1,000', '1,234,567', '-12,345']);
  assert.deepEqual([5000, 0, -3].map(formatCountDelta), ['+5,000', '0', '-3']);
});

test('durations choose their unit', () => {
  assert.deepEqual(
    [0, 850, 1500, 12_340, 999_499, 12_300_000, 245_000_000, 7_500_000_000, 300_000_000_000].map(formatDuration),
    ['0 us', '850 us', '1.50 ms', '12.3 ms', '999 ms', '12.3 s', '4 min 05 s', '2 h 05 min', '3 d 11 h'],
  );
});

test('durations below a hundred microseconds keep their fractions', () => {
  assert.deepEqual([0.198, 41.491, 4, 99.96].map(formatDuration), ['0.20 us', '41.5 us', '4 us', '100 us']);
});

test('a share that is not nothing is never shown as nothing', () => {
  assert.deepEqual([0, 0.0001, 0.453, 1].map(formatShare), ['0.0%', '<0.1%', '45.3%', '100.0%']);
});

test('control characters, reordering controls and lone surrogates are written out, letters stay', () => {
  assert.equal(escapeText('a\x1b[31mb\n\t\r\u0007\u009b'), 'a\\x1b[31mb\\n\\t\\r\\x07\\x9b');
  assert.equal(escapeText('\u202etxt.exe\u2066\ufeff'), '\\u202etxt.exe\\u2066\\ufeff');
  assert.equal(escapeText('a\ud83d b\ude00'), 'a\\ud83d b\\ude00');
  assert.equal(escapeText('naïve 漢字 😀 café'), 'naïve 漢字 😀 café');
});

test('text for pages, XML and Markdown cannot leave its place', () => {
  assert.equal(escapeHtml(`<img src=x onerror='a'>"&`), '&lt;img src=x onerror=&#39;a&#39;&gt;&quot;&amp;');
  assert.equal(escapeXml('\u0000\uffff'), '\\x00\\uffff');
  assert.equal(escapeMarkdown('a|b `c` <d> *e*\nf'), 'a\\|b \\`c\\` &lt;d&gt; \\*e\\*\\\\nf');
  const script = jsonForScript({ name: '</script><!--\u2028' });
  assert.ok(!script.includes('<'));
  assert.deepEqual(JSON.parse(script), { name: '</script><!--\u2028' });
});

test('a count is whole or says that it is a mean', () => {
  assert.deepEqual([20, 1200, 1027.5, 12.2, 2.5, 0.1].map(formatMean), [
    '20',
    '1,200',
    'about 1,028',
    'about 12',
    'on average 2.5',
    'on average 0.1',
  ]);
});
