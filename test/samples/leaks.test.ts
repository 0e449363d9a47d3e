import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { look } from '../support/look.js';
import { repository } from '../support/paths.js';
import { startScript, type StartedTarget } from '../support/targets.js';

/**
 * What the first finding must contain for each sample: its kind, the text of the line that it names, and that of a function
 * that it keeps.
 */
const leaking = {
  'growing-cache': ['map', 'sessions.set('],
  'listener-per-request': ['listeners', "settings.on('change'", "settings.on('change'"],
  'timer-per-session': ['timers', 'setInterval(() => session.beats++'],
  'pending-promise': ['promise-reactions', 'const shutdown = new Promise'],
  'unlinked-list': ['linked-list', 'class Recent'],
  'wrapped-handler': ['closure-chain', 'handler = (path) => (settings', 'handler = (path) => (settings'],
  'abort-signal': ['listeners', "stopping.signal.addEventListener('abort'"],
  'context-chain': ['linked-list', 'constructor('],
  'weak-refs': ['weak-set', 'widgets.add('],
} as const;

const sourceLine = (file: string, line: number): string => readFileSync(file, 'utf8').split('\n')[line - 1];

for (const [sample, [kind, text, kept]] of Object.entries(leaking)) {
  test(`the leak of samples/${sample} is found, by kind and by line of its TypeScript`, async (t) => {
    const start = (): Promise<StartedTarget> => startScript(t, repository(`samples/dist/${sample}.js`));
    let report = await look(await start());
    // rounds of 400 ms hold few events on a busy machine: then another of the things that grow may come first
    if (report.findings[0]?.kind !== kind) report = await look(await start());
    assert.equal(report.verdict, 'leak', report.reasons.join('; '));
    const [first] = report.findings;
    assert.equal(first.kind, kind, first.title);
    assert.equal(first.location?.file, repository(`samples/src/${sample}.ts`));
    assert.ok(sourceLine(first.location.file, first.location.line).includes(text), `line ${first.location.line}`);
    const lines = first.keptFunctions.map(({ file, line }) => sourceLine(file, line));
    assert.ok(kept === undefined || lines.some((line) => line.includes(kept)), lines.join('\n'));
    assert.ok(first.allocationSites.some(({ file }) => file === repository(`samples/src/${sample}.ts`)));
  });
}
