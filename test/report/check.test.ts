/** The reports of a check: text, JUnit XML, Markdown and GitHub's annotations. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAnnotations, renderCheckMarkdown } from '#memwatch/report/check-markdown.js';
import { renderCheck } from '#memwatch/report/check-text.js';
import { renderJunit } from '#memwatch/report/junit.js';
import { finding, leaking, report, scenario } from '../support/check-report.js';

const broken = scenario({
  file: 'leaks/broken.mjs',
  passed: false,
  verdict: 'failed',
  failure: { kind: 'threw', message: 'iterate, call 3 threw: <no & way>', hint: null, output: 'Error: <no & way>' },
});
const text = (...scenarios: Parameters<typeof report>): string =>
  renderCheck(report(...scenarios), { folder: '/app', color: false });

test('the text leads with the verdict and names title, rate, place and path of a finding', () => {
  assert.equal(
    text(scenario(), leaking({ file: 'leaks/login.mjs' })),
    [
      'pass  leaks/cart.mjs: clean (400 calls in 2 rounds, 2.50 s)',
      '      nothing grew with every round of 400 calls',
      'FAIL  leaks/login.mjs: leak (400 calls in 2 rounds, 2.50 s)',
      '      new: Map sessions gains 1 Session a call and keeps them: +1 entry, +96 B a call',
      '        at src/store.ts:12:3',
      '        held by Store.sessions → Map',
      '        gained 200, 200 Session in 2 rounds',
      '        Delete them.',
      '        signature Store.sessions > Map > Session',
      '          (names this leak in every run, whatever the lines; a baseline of memwatch check lists it)',
      '1 of 2 scenarios failed',
    ].join('\n'),
  );
});

test('a known leak passes and is shown as known, a worse one fails as worse, a gone one is reported', () => {
  const one = finding();
  const known = leaking({ passed: true, new: [], known: [one.signature], gone: ['Old.map > Map'] });
  assert.match(text(known), /pass .*\n {6}known: Map sessions[^]*gone: Old\.map > Map/);
  assert.match(text(leaking({ new: [], worse: [one.signature] })), /FAIL .*\n {6}worse: Map sessions/);
});

test('a limit that is exceeded is reported with the measured value', () => {
  const limits = [{ name: 'max-growth', limit: 2 ** 20, measured: 3 * 2 ** 20, exceeded: true } as const];
  assert.match(text(scenario({ passed: false, limits })), /max-growth: 3\.00 MB, limit 1\.00 MB exceeded/);
});

test('text of the heap cannot move the cursor, break out of XML, or begin a command of GitHub', () => {
  const title = 'Map \x1b[2J"><x>\n::error::';
  const bad = leaking({ findings: [finding({ title })] });
  const markdown = renderCheckMarkdown(report(bad), '/app').replaceAll(/^ {4}.*$/gm, '');
  const outputs = [text(bad), renderJunit(report(bad), '/app'), markdown];
  const annotations = renderAnnotations(report(bad), '/app', '/app');
  for (const output of [...outputs, ...annotations]) assert.ok(!output.includes('\x1b'), output);
  for (const output of outputs) assert.doesNotMatch(output, /\n::/);
  for (const output of outputs.slice(1)) assert.doesNotMatch(output, /<x>/);
  assert.equal(annotations.length, 1);
  assert.doesNotMatch(annotations.join(''), /\n/);
});

test('JUnit counts failures and errors apart and holds each in its test case', () => {
  const xml = renderJunit(report(scenario(), leaking(), broken), '/app');
  assert.match(xml, /<testsuites name="memwatch check" tests="3" failures="1" errors="1" time="7\.500">/);
  assert.equal(xml.match(/<testcase /g)?.length, 3);
  assert.match(xml, /<failure type="leak" message="Map sessions gains 1 Session a call and keeps them">/);
  assert.match(xml, /<error type="threw" message="iterate, call 3 threw: &lt;no &amp; way&gt;">/);
});

test('Markdown has a row a finding and the details of what failed', () => {
  const markdown = renderCheckMarkdown(report(scenario(), leaking()), '/app');
  assert.match(markdown, /^### memwatch check: failed\n/);
  assert.match(markdown, /\| ❌ \| leaks\/cart\.mjs \| leak \| new: Map sessions .* \| src\/store\.ts:12:3 \|/);
  assert.match(markdown, /\| ✅ \| leaks\/cart\.mjs \| clean \| \| \|/);
  assert.match(markdown, /<details>[^]*held by Store\.sessions/);
});

test('annotations stand at file and line as the repository knows them, and leave known leaks out', () => {
  assert.deepEqual(renderAnnotations(report(leaking()), '/app/packages/a', '/app'), [
    '::error file=src/store.ts,line=12,col=3,title=memwatch check::Map sessions gains 1 Session a call and keeps them: +1 entry, +96 B a call (leaks/cart.mjs)',
  ]);
  assert.deepEqual(renderAnnotations(report(broken), '/app/packages/a', '/app'), [
    '::error file=packages/a/leaks/broken.mjs,line=1,col=1,title=memwatch check::iterate, call 3 threw: <no & way>',
  ]);
  const known = leaking({ passed: true, new: [], known: [finding().signature] });
  assert.deepEqual(renderAnnotations(report(known), '/app', '/app'), []);
});
