/** The samples that leak, a few of them in one process at a time: a search finds each, by kind and by line of its TypeScript. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import type { Finding, LeakReport } from '#memwatch/analyzer/model/finding.js';
import { look } from '../support/look.js';
import { repository } from '../support/paths.js';
import { startSource } from '../support/targets.js';

/**
 * What the first finding in each sample must contain: its kind, the text of the line that it names, and that of a function
 * that it keeps.
 */
const leaking = {
  'growing-cache': ['map', 'sessions.set('],
  'listener-per-request': ['listeners', "settings.on('change'", "settings.on('change'"],
  'timer-per-session': ['timers', 'setInterval(() => session.beats++'],
  'pending-promise': ['promise-reactions', 'await Promise.race([shutdown'],
  'unlinked-list': ['linked-list', 'entry.older = this.newest'],
  'wrapped-handler': ['closure-chain', 'handler = (path) => (settings', 'handler = (path) => (settings'],
  'abort-signal': ['listeners', "stopping.signal.addEventListener('abort'"],
  'context-chain': ['linked-list', 'constructor('],
  'weak-refs': ['weak-set', 'widgets.add('],
} as const;
type Sample = keyof typeof leaking;

const together: readonly (readonly Sample[])[] = [
  ['growing-cache', 'listener-per-request', 'unlinked-list'],
  ['timer-per-session', 'abort-signal', 'weak-refs'],
  ['pending-promise', 'wrapped-handler', 'context-chain'],
];

const perSecond = '150';

const sourceLine = (file: string, line: number): string => readFileSync(file, 'utf8').split('\n')[line - 1] ?? '';

const lookAt = async (t: TestContext, samples: readonly Sample[]): Promise<LeakReport> => {
  const paths = samples.map((sample) => repository(`samples/dist/${sample}.js`));
  const source = paths.map((path) => `import(${JSON.stringify(path)});`).join('\n');
  // a low rate: several samples together would fill the heap before a slow machine has compared it
  return look(await startSource(t, source, { args: [perSecond] }));
};

const findingIn = ({ findings }: LeakReport, sample: Sample): Finding | undefined =>
  findings.find(({ location }) => location?.file === repository(`samples/src/${sample}.ts`));

for (const samples of together) {
  test(`the leaks of samples/${samples.join(', ')} are found, by kind and by line of their TypeScript`, async (t) => {
    const lookAndCheck = async (): Promise<void> => {
      const report = await lookAt(t, samples);
      assert.equal(report.verdict, 'leak', report.reasons.join('; '));
      for (const sample of samples) checkFinding(report, sample);
    };
    // rounds of 400 ms hold few events on a busy machine: another of the things that grow may come first, or no sample of
    // its allocations may have been taken
    await lookAndCheck().catch(lookAndCheck);
  });
}

const checkFinding = (report: LeakReport, sample: Sample): void => {
  const [kind, text, kept] = leaking[sample];
  const first = findingIn(report, sample);
  assert.ok(first?.location, `nothing in ${sample}: ${report.findings.map(({ title }) => title).join('; ')}`);
  assert.equal(first.kind, kind, first.title);
  assert.ok(sourceLine(first.location.file, first.location.line).includes(text), `line ${first.location.line}`);
  const lines = first.keptFunctions.map(({ file, line }) => sourceLine(file, line));
  assert.ok(kept === undefined || lines.some((line) => line.includes(kept)), lines.join('\n'));
  assert.ok(first.allocationSites.some(({ file }) => file === repository(`samples/src/${sample}.ts`)));
};
