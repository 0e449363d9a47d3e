/** A small CPU profile, made by hand: a service that spends its time hashing, with its source in the file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const url = 'file:///srv/app/service.mjs';
const source = [
  "import { createHash } from 'node:crypto';",
  '',
  'function hashPassword(text) {',
  '  let hash = text;',
  '  for (let i = 0; i < 300; i++) {',
  "    hash = createHash('sha256').update(hash).digest('hex');",
  '  }',
  '  return hash;',
  '}',
  '',
  'function renderPage(rows) {',
  "  return rows.map((row) => `<td>${row}</td>`).join('');",
  '}',
  '',
  'export function handleRequest(request) {',
  '  const token = hashPassword(request.user);',
  '  return renderPage(request.rows) + token;',
  '}',
].join('\n');

interface Call {
  readonly name: string;
  /** 1-based; 0 for native code. */
  readonly line: number;
  readonly ticks: Readonly<Record<number, number>>;
  readonly calls: readonly Call[];
}
const call = (name: string, line: number, ticks: Call['ticks'], ...calls: readonly Call[]): Call => ({
  name,
  line,
  ticks,
  calls,
});

const program = call(
  '(root)',
  0,
  {},
  call('(garbage collector)', 0, { 0: 40 }),
  call('(program)', 0, { 0: 10 }),
  call('(idle)', 0, { 0: 200 }),
  call(
    'handleRequest',
    15,
    { 16: 5, 17: 5 },
    call('hashPassword', 3, { 5: 30, 6: 210 }, call('Hash', 0, { 0: 120 }), call('digest', 0, { 0: 90 })),
    call('renderPage', 11, { 12: 80 }, call('名前の関数😀', 12, { 12: 10 })),
  ),
);

/** Writes the profile into a folder and returns its path: 800 samples, one per millisecond. */
export const drawnProfile = (folder: string): string => {
  const nodes: object[] = [];
  const samples: number[] = [];
  const add = ({ name, line, ticks, calls }: Call): number => {
    const node: Record<string, unknown> = { id: nodes.length + 1 };
    nodes.push(node);
    const id = nodes.length;
    const hits = Object.values(ticks).reduce((sum, one) => sum + one, 0);
    for (let hit = 0; hit < hits; hit++) samples.push(id);
    Object.assign(node, {
      callFrame: {
        functionName: name,
        scriptId: line === 0 ? '0' : '9',
        url: line === 0 ? '' : url,
        lineNumber: line - 1,
        columnNumber: 0,
      },
      hitCount: hits,
      positionTicks: Object.entries(ticks).map(([at, count]) => ({ line: Number(at), ticks: count })),
      children: calls.map(add),
    });
    return id;
  };
  add(program);
  const profile = {
    nodes,
    startTime: 0,
    endTime: samples.length * 1000,
    samples,
    timeDeltas: samples.map(() => 1000),
    memwatch: {
      scripts: { schema: 'memwatch/scripts@1', nodeVersion: 'v22.0.0', scripts: [{ id: 9, url, source }] },
      thread: 'main thread',
      precise: false,
      gc: null,
      loop: null,
    },
  };
  const file = join(folder, 'service.cpuprofile');
  writeFileSync(file, JSON.stringify(profile));
  return file;
};
