/** WebAssembly memories count as external memory on every version of Node, whether or not V8 itself counts them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { openProcessReadings } from '#memwatch/agent/capture/process-readings.js';
import { sumOfMemories } from '#memwatch/agent/process/web-assembly.js';
import { evaluate } from '#memwatch/agent/session/evaluate.js';
import { testedMajors } from '../support/nodes.js';
import { startSource } from '../support/targets.js';

for (const node of testedMajors) {
  test(
    `on Node ${node}, external memory gains what WebAssembly memories gain, and loses what they lose`,
    { skip: process.platform !== 'linux' },
    async (t) => {
      const target = await startSource(t, `globalThis.kept = []; setInterval(() => {}, 100); console.log('ready');`, { node }); // prettier-ignore
      await withAttachment({ kind: 'pid', pid: target.pid }, {}, async (attachment) => {
        const readings = await openProcessReadings(attachment);
        const megabytes = async (): Promise<number> => Math.round((await readings.read()).externalBytes / 2 ** 20);
        const first = await megabytes();
        const run = (code: string): Promise<unknown> => evaluate(attachment.session, `void (${code})`);
        await run('kept.push(...[160, 320].map((initial) => new WebAssembly.Memory({ initial, maximum: 2000 })))');
        assert.equal((await megabytes()) - first, 30);
        await run('kept[0].grow(80)');
        assert.equal((await megabytes()) - first, 35);
        await run('kept.length = 0');
        assert.equal((await megabytes()) - first, 0);
      });
    },
  );
}

test('a WebAssembly memory is what may be written right before a gap of gigabytes', () => {
  const line = (start: number, end: number, permissions: string, path = ''): string =>
    `${start.toString(16)}-${end.toString(16)} ${permissions} 00000000 00:00 ${path === '' ? '0 ' : `17 ${path}`}\n`;
  const gap = 8 * 2 ** 30;
  const maps = [
    line(0x1000, 0x9000, 'rw-p'), // a heap of V8
    line(0x9000, 0xa000, '---p'), // and a guard page
    line(0x10000, 0x30000, 'rw-p'),
    line(0x30000, 0x30000 + gap, '---p'),
    line(0x40000 + gap, 0x50000 + gap, 'rw-p', '/dev/zero'),
    line(0x50000 + gap, 0x50000 + 2 * gap, '---p'),
    line(0x60000 + 2 * gap, 0x70000 + 2 * gap, 'r-xp'),
    line(0x70000 + 2 * gap, 0x70000 + 3 * gap, '---p'),
    line(0x80000 + 3 * gap, 0x90000 + 3 * gap, 'rw-p'), // not right before the gap
    line(0xa0000 + 3 * gap, 0xa0000 + 4 * gap, '---p'),
  ].join('');
  assert.equal(sumOfMemories(maps), 0x20000);
  assert.equal(sumOfMemories(''), 0);
});
