/** A program that a compiler has shortened is reported in the words of its source, if it has a source map with names. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildSync } from 'esbuild';
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import { memwatchJson } from '../support/memwatch.js';
import { outerMajors } from '../support/nodes.js';
import { startScript, temporaryFolder } from '../support/targets.js';

const source = `class Session {
  constructor(readonly user: string) {}
}
class Registry {
  #entries = new Map<number, Session>();
  add(id: number): void {
    this.#entries.set(id, new Session('r' + id));
  }
}
const registry = new Registry();
const sessions = new Map<string, Session>();
let id = 0;
function handleRequest(): void {
  sessions.set('k' + id, new Session('u' + id));
  registry.add(id++);
}
const countPrimes = (end: number): number => {
  let count = 0;
  for (let n = 2; n < end; n++) {
    let isPrime = true;
    for (let k = 2; k < n && isPrime; k++) isPrime = n % k !== 0;
    if (isPrime) count++;
  }
  return count;
};
setInterval(() => {
  for (let i = 0; i < 8; i++) handleRequest();
  countPrimes(6000 + (id % 10));
}, 20);
console.log('ready');`;

for (const node of outerMajors) {
  test(`on Node ${node}, the names of a minified bundle are those of its source`, async (t) => {
    const folder = temporaryFolder(t);
    const [entry, bundle] = [join(folder, 'app.ts'), join(folder, 'app.mjs')];
    writeFileSync(entry, source);
    buildSync({ entryPoints: [entry], outfile: bundle, bundle: true, minify: true, sourcemap: true, format: 'esm' });
    const target = await startScript(t, bundle, { node });
    const ask = (command: string, ...options: readonly string[]): Promise<Record<string, unknown>> =>
      memwatchJson([command, String(target.pid), ...options], { timeoutMs: 280_000 });

    const { functions } = (await ask('cpu', '--duration', '2s')) as { functions: { name: string }[] };
    assert.ok(
      functions.some(({ name }) => name === 'countPrimes'),
      JSON.stringify(functions),
    );

    const { findings, reasons } = (await ask('leaks', '--interval', '2s')) as {
      findings: Finding[];
      reasons: string[];
    };
    const titled = (title: RegExp): Finding => {
      const found = findings.find((one) => title.test(one.title));
      assert.ok(found !== undefined, JSON.stringify([findings.map((one) => one.title), reasons]));
      return found;
    };
    const own = titled(/^Map sessions gains .* Session a round/);
    assert.equal(own.signature, 'system / Context.sessions > Map > Session');
    assert.deepEqual([own.location?.line, own.path.at(-1)?.edge], [14, 'sessions']);
    assert.ok(own.gains.some(({ name }) => name === 'Session'));
    assert.equal(titled(/^Map Registry\.#entries gains .* Session a round/).location?.line, 7);
    const makers = findings.flatMap(({ allocationSites }) => allocationSites.map((site) => site.function));
    assert.ok(makers.length > 0 && makers.every((name) => name.length > 2), makers.join());
  });
}
