import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { evaluate } from '#memwatch/agent/session/evaluate.js';
import { captureScripts } from '#memwatch/agent/capture/scripts.js';
import { testedMajors } from '../support/nodes.js';
import { startScript, startSource, temporaryFolder } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

const map = JSON.stringify({ version: 3, sources: ['a.ts'], names: [], mappings: 'AAAA' });

for (const node of testedMajors) {
  test(`the scripts of a Node ${node} have their names and their source maps, from a file or from inside`, async (t) => {
    const folder = join(temporaryFolder(t), 'with space');
    mkdirSync(folder);
    const inline = `data:application/json;base64,${Buffer.from(map).toString('base64')}`;
    writeFileSync(join(folder, 'outer.js.map'), map);
    writeFileSync(join(folder, 'inner.cjs'), `exports.x = 1;\n//# sourceMappingURL=${inline}\n`);
    writeFileSync(join(folder, 'gone.cjs'), `exports.x = 1;\n//# sourceMappingURL=gone.js.map\n`);
    const main = join(folder, 'outer.mjs');
    writeFileSync(
      main,
      `import './inner.cjs'; import './gone.cjs'; setInterval(() => {}, 50); console.log('ready');\n//# sourceMappingURL=outer.js.map\n`,
    );
    const target = await startScript(t, main, { node });
    const table = await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, (attachment) =>
      captureScripts(attachment.session, attachment),
    );
    const script = (name: string) => table.scripts.find(({ url }) => url.endsWith(name));
    assert.equal(table.nodeVersion.split('.')[0], `v${node}`);
    assert.deepEqual([script('/outer.mjs')?.sourceMapUrl, script('/outer.mjs')?.sourceMap], ['outer.js.map', map]);
    assert.deepEqual([script('/inner.cjs')?.sourceMapUrl, script('/inner.cjs')?.sourceMap], [undefined, map]);
    assert.deepEqual([script('/gone.cjs')?.sourceMapUrl, script('/gone.cjs')?.sourceMap], ['gone.js.map', undefined]);
    assert.ok((script('/outer.mjs')?.id ?? 0) > 0);
  });

  test(`a debugger statement of a Node ${node} program does not stop it while its scripts are listed`, async (t) => {
    const program = `let turns = 0; globalThis.turns = () => turns; console.log('ready');
      setInterval(() => { debugger; turns++; }, 1);`;
    const target = await startSource(t, program, { node });
    await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, async (attachment) => {
      for (let round = 0; round < 5; round++) await captureScripts(attachment.session, attachment);
      const turns = (): Promise<number> => evaluate<number>(attachment.session, 'globalThis.turns()');
      const before = await turns();
      await eventually('the program goes on', async () => (await turns()) > before);
    });
  });
}
