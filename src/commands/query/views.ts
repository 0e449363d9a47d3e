/**
 * The tables and macros that a query sees, in SQL over the numbers of columns.ts. In: how many snapshots there are, and
 * their names. Out: statements. Texts are decoded only for rows and columns that a query returns or
 * compares: in the macros after their joins.
 */
import { edgeTypes, nodeTypes } from '../../analyzer/model/heap-graph.js';
import { none } from './columns.js';

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const named = (types: readonly string[], column: string): string =>
  `([${types.map(quoted).join(', ')}])[${column} + 1]`;
const text = (column: string): string => `text_of(${column})`;

/** Numbers get signs: differences of unsigned ones are errors in DuckDB. What a row of nodes shows; `n` is a row of raw.nodes. */
const node = `n.id::BIGINT AS id, ${named(nodeTypes, 'n.type')} AS type, ${text('n.name')} AS name, ${text('n.class')} AS class,
  n.self_bytes::BIGINT AS self_bytes, n.retained_bytes::BIGINT AS retained_bytes,
  nullif(n.dominator_id, ${none})::BIGINT AS dominator_id, ${text('n.file')} AS file, nullif(n.line, ${none})::INTEGER AS line`;

/** Elements and hidden edges have numbers, all others names; `e` is a row of raw.edges. */
const numbered = edgeTypes.flatMap((type, index) => (type === 'element' || type === 'hidden' ? [index] : []));
const edgeType = named(edgeTypes, 'e.type');
const edgeName = `CASE WHEN e.type IN (${numbered.join(', ')}) THEN e.name::VARCHAR ELSE text_of(e.first_text + e.name) END`;

/** Edges on one side, nodes on the other. */
const neighbours = (macro: string, here: string, there: string): string =>
  `CREATE MACRO ${macro}(of_id) AS TABLE
    SELECT ${edgeName} AS edge, ${edgeType} AS edge_type, ${node}, n.snapshot
    FROM (SELECT * FROM raw.edges WHERE ${here} = of_id AND retains = 1) e
    JOIN raw.nodes n ON n.snapshot = e.snapshot AND n.id = e.${there}`;

/** The statements that make tables and macros over `nodes_0()`, `edges_0()`… of each snapshot. */
export const viewStatements = (snapshots: readonly string[]): string[] => [
  'CREATE SCHEMA raw',
  ...['nodes', 'edges', 'classes', 'locations'].map(
    (table) =>
      `CREATE VIEW raw.${table} AS ${snapshots
        .map((name, index) => `SELECT ${quoted(name)} AS snapshot, * FROM ${table}_${index}()`)
        .join(' UNION ALL ')}`,
  ),
  `CREATE VIEW nodes AS SELECT ${node}, n.snapshot FROM raw.nodes n`,
  `CREATE VIEW edges AS SELECT e.from_id::BIGINT AS from_id, e.to_id::BIGINT AS to_id, ${edgeType} AS type, ${edgeName} AS name,
    e.retains = 1 AS retains, e.snapshot FROM raw.edges e`,
  `CREATE VIEW classes AS SELECT ${text('name')} AS name, count::BIGINT AS count, self_bytes::BIGINT AS self_bytes,
    retained_bytes::BIGINT AS retained_bytes, snapshot FROM raw.classes`,
  `CREATE VIEW strings AS SELECT id, type, name AS text, self_bytes, retained_bytes, snapshot
    FROM nodes WHERE type IN ('string', 'concatenated string', 'sliced string')`,
  `CREATE VIEW locations AS SELECT id::BIGINT AS id, ${text('name')} AS name, ${text('file')} AS file,
    line::INTEGER AS line, "column"::INTEGER AS "column", snapshot
    FROM raw.locations`,
  neighbours('retainers', 'to_id', 'from_id'),
  neighbours('holds', 'from_id', 'to_id'),
  `CREATE MACRO dominated(of_id) AS TABLE
    SELECT ${node}, n.snapshot
    FROM (SELECT snapshot, position, subtree FROM raw.nodes WHERE id = of_id) d
    JOIN raw.nodes n ON n.snapshot = d.snapshot AND n.position > d.position AND n.position < d.position + d.subtree`,
  `CREATE MACRO path(of_id) AS TABLE
    SELECT s.step::INTEGER AS step, s.edge, s.name, s.id::BIGINT AS id, s.snapshot
    FROM (SELECT unnest(path_of(of_id::UINTEGER)) AS s)`,
];
