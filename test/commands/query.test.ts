/** `memwatch query`: every question of docs/query.md on snapshots of a real program, and what the command prints. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { edgeTypes } from '#memwatch/analyzer/model/heap-graph.js';
import type { QueryValue } from '#memwatch/analyzer/model/printed-documents.js';
import { HeapDatabase } from '#memwatch/commands/query/duckdb.js';
import { exportParquet } from '#memwatch/commands/query/parquet.js';
import { createIo } from '#memwatch/commands/io.js';
import { complete } from '#memwatch/commands/query/prompt.js';
import { renderQueryCsv } from '#memwatch/report/query-text.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { installPackage } from '../support/runners.js';
import { temporaryFolder } from '../support/targets.js';

const source = `import { writeHeapSnapshot } from 'node:v8';
class Tenant { constructor(name) { this.name = name; } }
const tenant = new Tenant('acme');
const text = (value) => Buffer.from(value).toString();
class Session {
  constructor(i) {
    this.tenant = tenant;
    this.headers = { auth: text('Bearer token-' + i), city: text('Amsterdam-Noord') };
    this.page = new Array(i === 7 ? 4000 : 1000).fill(i + 0.5);
  }
}
const sessions = new Map();
const fill = (n) => { for (let i = 0; i < n; i++) sessions.set(i, new Session(i)); };
globalThis.handler = () => sessions.size;
fill(100);
writeHeapSnapshot(process.argv[2]);
fill(300);
writeHeapSnapshot(process.argv[3]);`;

const heapOf = async (file: string): Promise<Heap> =>
  new Heap(await readHeapSnapshot(file), (_script, line, column) => ({
    file: '/srv/app/server.mjs',
    line: line + 1,
    column: column + 1,
  }));

const quietIo = createIo(false, new AbortController().signal, { endAtOnce: () => {}, afterwards: () => {} });

const snapshots = (t: TestContext): { readonly earlier: string; readonly later: string } => {
  const folder = temporaryFolder(t);
  const program = join(folder, 'server.mjs');
  const [earlier, later] = [join(folder, 'before.heapsnapshot'), join(folder, 'after.heapsnapshot')];
  writeFileSync(program, source);
  execFileSync(process.execPath, [program, earlier, later], { timeout: 60_000 });
  return { earlier, later };
};

const questions = (): string[] =>
  [...readFileSync(repository('docs/query.md'), 'utf8').matchAll(/```sql\n([^`]+)```/g)].map(([, sql = '']) => sql);

/** What each question of the document must answer about the program above, in its order. */
const expected: readonly ((answer: readonly (readonly QueryValue[])[]) => void)[] = [
  (rows) => assert.ok(rows.length === 5 && Number(rows[0]?.[1]) > 32_000 && Number(rows[1]?.[1]) < 16_000),
  (rows) => assert.ok(rows.some(([name]) => name === '(string)')),
  (rows) => assert.ok(rows.some(([, name]) => name === '(array)')),
  (rows) => assert.deepEqual(rows.map(([edge]) => edge).toSorted(), ['__proto__', 'headers', 'page', 'tenant']),
  (rows) => assert.deepEqual(rows.at(-1)?.slice(1), ['sessions', 'Map']),
  (rows) => assert.ok(rows.some(([name, count]) => name === 'Session' && count === 300)),
  (rows) => assert.ok(Number(rows.find(([text]) => text === 'Amsterdam-Noord')?.[1]) >= 300),
  (rows) => assert.ok(rows.length >= 300),
  (rows) => assert.deepEqual(rows[0], ['Session', 300]),
  (rows) => assert.deepEqual(rows.find(([name]) => name === 'fill')?.[1], 13),
  (rows) => assert.ok(rows.length > 1 && Number(rows[0]?.[1]) >= Number(rows[1]?.[1])),
  (rows) => assert.ok(Number(rows[0]?.[1]) >= 600),
  (rows) => assert.ok(Number(rows[0]?.[1]) >= 300),
  (rows) => assert.ok(rows.some(([from, , bytes]) => from === 32_768 && Number(bytes) >= 32_000)),
  (rows) => assert.ok(rows.some(([name, objects]) => name === 'Session' && objects === 200)),
];

/** Names that many rows share come from a list, others one by one: all are those of the graph, in each snapshot. */
const assertNames = async (database: HeapDatabase, heaps: readonly { file: string; heap: Heap }[]): Promise<void> => {
  for (const { file, heap } of heaps) {
    const { graph, classes } = heap;
    const nodes = await database.run(`SELECT id, name, class FROM nodes WHERE snapshot = '${file}'`);
    const names = Array.from(graph.nodeId, (id, node) => [
      id,
      graph.strings.get(Number(graph.nodeName[node])),
      classes.list[Number(classes.classOf[node])]?.name,
    ]);
    assert.deepEqual(nodes.rows, names);
    const edges = await database.run(`SELECT to_id, name FROM edges WHERE snapshot = '${file}'`);
    const isNumbered = (edge: number) =>
      ['element', 'hidden'].includes(String(edgeTypes[Number(graph.edgeType[edge])]));
    const named = Array.from(graph.edgeTarget, (target, edge) => {
      const name = Number(graph.edgeName[edge]);
      return [graph.nodeId[target], isNumbered(edge) ? String(name) : graph.strings.get(name)];
    });
    assert.deepEqual(edges.rows, named);
  }
};

test('every question of docs/query.md is answered; names complete; what SQL cannot do is reported in one line', async (t) => {
  const { earlier, later } = snapshots(t);
  const [old, now] = [await heapOf(earlier), await heapOf(later)];
  const one = await HeapDatabase.open([{ name: later, heap: now }]);
  const both = await HeapDatabase.open([
    { name: earlier, heap: old },
    { name: later, heap: now },
  ]);
  t.after(() => {
    one.close();
    both.close();
  });
  const asked = questions();
  assert.equal(asked.length, expected.length);
  for (const [index, sql] of asked.entries()) {
    const { rows } = await (index === 14 ? both : one).run(sql);
    try {
      expected[index]?.(rows);
    } catch (error) {
      throw new Error(`${sql}\n${JSON.stringify(rows.slice(0, 10))}`, { cause: error });
    }
  }
  // the slow, obvious way of the same
  const node = now.graph.nodeId.indexOf(Number((await one.run(asked[0] ?? '')).rows[0]?.[0]));
  const subtree = await one.run(`SELECT sum(self_bytes) FROM dominated(${now.graph.nodeId[node]})`);
  assert.equal(Number(subtree.rows[0]?.[0]) + Number(now.graph.selfBytes[node]), now.dominators.retainedBytes[node]);
  const counts = await both.run('SELECT snapshot, count(*), sum(self_bytes) FROM nodes GROUP BY 1 ORDER BY 2');
  assert.deepEqual(
    counts.rows.map(([, count, bytes]) => [count, bytes]),
    [old, now].map(({ graph, dominators }) => [graph.nodeCount, dominators.retainedBytes[0]]),
  );
  const edges = await one.run('SELECT count(*), count(name) FROM edges');
  assert.deepEqual(edges.rows, [[now.graph.edgeCount, now.graph.edgeCount]]);

  await assertNames(both, [
    { file: earlier, heap: old },
    { file: later, heap: now },
  ]);

  const tables = await one.tables();
  assert.deepEqual(
    tables.map(({ name }) => name),
    ['classes', 'edges', 'locations', 'nodes', 'strings', 'dominated', 'holds', 'path', 'retainers'],
  );
  assert.deepEqual(complete('SELECT retained_b', ['nodes', 'retained_bytes']), [['retained_bytes'], 'retained_b']);
  for (const nothing of ['', ' ;\n', '-- SELECT 1', '/* a */ -- b'])
    await assert.rejects(one.run(nothing), { code: 'bad-argument', message: 'there is no SQL to run' });
  await assert.rejects(one.run('SELECT * FROM nodez'), { code: 'bad-argument', message: /nodez[^\n]*$/ });

  const cut = await one.run('SELECT id FROM nodes', 10);
  assert.ok(cut.rows.length === 10 && cut.more);
  assert.equal(renderQueryCsv(await one.run(`SELECT 'a,"b' AS x, chr(27) AS y, NULL AS z`)), 'x,y,z\r\n"a,""b",\\x1b,');

  const sql = `SELECT name, count FROM classes WHERE name = 'Session'`;
  const table = await memwatch(['query', earlier, sql]);
  assert.equal(table.stdout, 'name     count\nSession    100\n', table.stderr);
  assert.deepEqual(JSON.parse((await memwatch(['query', earlier, sql, '--json'])).stdout), {
    schema: 'memwatch/query@1',
    columns: [
      { name: 'name', type: 'VARCHAR' },
      { name: 'count', type: 'BIGINT' },
    ],
    rows: [['Session', 100]],
  });

  // as Parquet files, which DuckDB reads back; twice, since an export replaces an earlier one
  const folder = `${earlier}-tables`;
  for (let i = 0; i < 2; i++) await exportParquet(earlier, folder, false, quietIo);
  const read = await one.run(`SELECT (SELECT count(*) FROM '${folder}/edges.parquet'), count(*), sum(self_bytes)
    FROM '${folder}/nodes.parquet' WHERE snapshot = '${earlier}'`);
  assert.deepEqual(read.rows, [[old.graph.edgeCount, old.graph.nodeCount, old.dominators.retainedBytes[0]]]);
  assert.equal(statSync(join(folder, 'strings.parquet')).mode & 0o777, 0o600);

  // a sort of ten times the memory that DuckDB may use goes to a file: all edges, until they are 250 MB
  const { edgeCount } = now.graph;
  const times = Math.ceil(400_000 / edgeCount);
  await one.run(`SET memory_limit = '24MB'; SET threads = 1`);
  const sorted =
    await one.run(`SELECT count(*), max(place) FROM (SELECT row_number() OVER (ORDER BY name, to_id, k) AS place,
    repeat('x', 600) || name AS text FROM edges, range(${times}) t(k)) WHERE text LIKE 'x%'`);
  assert.deepEqual(sorted.rows, [[edgeCount * times, edgeCount * times]]);
});

test('without the package, query says at once what to install', async (t) => {
  const hooks = `export const resolve = (name, context, next) => {
    if (name.startsWith('@duckdb/')) throw Object.assign(new Error('no package'), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(name, context);
  };`;
  const url = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
  const preload = url(`import { register } from 'node:module'; register(${JSON.stringify(url(hooks))});`);
  const file = join(temporaryFolder(t), 'any.heapsnapshot');
  writeFileSync(file, '');
  const run = await memwatch(['query', file, 'SELECT 1'], {
    env: { NODE_OPTIONS: `--no-warnings --import=${preload}` },
  });
  assert.equal(run.code, 2);
  assert.match(run.stderr, /needs? the package @duckdb\/node-api.*\n {2}npm install @duckdb\/node-api@1\.5\.6-r\.1 /);
});

/** Prints the rows of each table, the types of the nodes' columns and the sum of their bytes, as Polars reads them. */
const readWithPolars = `const polars = require('nodejs-polars');
const read = (table) => polars.readParquet(process.argv[1] + '/' + table + '.parquet');
const nodes = read('nodes');
const types = Object.entries(nodes.schema).map(([name, type]) => [name, String(type)]);
console.log(JSON.stringify({
  rows: ['nodes', 'edges', 'classes', 'strings', 'locations'].map((table) => read(table).height),
  types: Object.fromEntries(types),
  selfBytes: nodes.select(polars.col('self_bytes').sum()).row(0)[0],
  classes: nodes.filter(polars.col('class').eq(polars.lit('Session'))).height,
}));`;

test('Polars reads the Parquet files: rows, types and sums are those of the snapshot', async (t) => {
  const modules = installPackage('nodejs-polars@0.24.1'); // the last that installs on Node 20
  if (modules === undefined) return t.skip('nodejs-polars cannot be downloaded');
  const { earlier } = snapshots(t);
  const folder = `${earlier}-tables`;
  await exportParquet(earlier, folder, false, quietIo);
  const printed = execFileSync(process.execPath, ['-e', readWithPolars, folder], { cwd: modules, encoding: 'utf8' });
  const { graph, classes, dominators } = await heapOf(earlier);
  const read = JSON.parse(printed) as {
    rows: number[];
    types: Record<string, string>;
    selfBytes: number;
    classes: number;
  };
  assert.deepEqual(read.rows.slice(0, 2), [graph.nodeCount, graph.edgeCount]);
  assert.equal(read.rows[2], classes.list.length);
  assert.ok(Number(read.rows[3]) > 1000);
  assert.equal(read.selfBytes, dominators.retainedBytes[0]);
  assert.equal(read.classes, 100);
  assert.deepEqual(
    Object.entries(read.types).filter(([, type]) => !type.includes('String')),
    ['id', 'self_bytes', 'retained_bytes', 'dominator_id'].map((name) => [name, 'DataType(Int64)']).concat([['line', 'DataType(Int32)']]), // prettier-ignore
  );
});
