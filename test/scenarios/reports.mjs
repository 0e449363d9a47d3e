// memwatch's own code, which must not leak: a check's report as text, Markdown, JUnit and annotations, and a baseline.
import { finding, leaking, report, scenario } from '../../.test/support/check-report.js';
import { readBaseline, writeBaseline } from '../../dist/analyzer/formats/documents/baseline.js';
import { renderAnnotations, renderCheckMarkdown } from '../../dist/report/check-markdown.js';
import { renderCheck } from '../../dist/report/check-text.js';
import { renderJunit } from '../../dist/report/junit.js';

export const iterate = (_, i) => {
  const one = report(leaking({ findings: [finding({ title: `Map number ${i} grows` })] }), scenario());
  renderCheck(one, { folder: '/app', color: true });
  renderCheckMarkdown(one, '/app');
  renderJunit(one, '/app');
  renderAnnotations(one, '/app', '/app');
  const known = { signature: `Map ${i}`, kind: 'map', bytesPerIteration: 1, countPerIteration: 1 };
  readBaseline(writeBaseline(new Map([['a.mjs', [known]]])), 'baseline');
};
