/**
 * The tables and macros that a query sees, in SQL over the numbers of columns.ts. In: how many snapshots there are, and
 * their names. Out: statements. Texts are decoded only for rows and columns that a query returns or compares: in the macros
 * after their joins. Names that many rows share are decoded once, in lists from which DuckDB takes them.
 */
import { edgeTypes, nodeTypes } from '../../analyzer/model/heap-graph.js';
import { none } from './columns.js';
import { numberedEdges, stringTypes } from './names.js';

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const named = (types: readonly string[], column: string): string =>
  `([${types.map(quoted).join(', ')}])[${column} + 1]`;
const text = (column: string): string => `text_of(${column})`;

/** What a row of nodes shows; `n` is a row of raw.nodes. Numbers get signs: differences of unsigned ones are errors in DuckDB. */
const nodeColumns = (name: string, className: string): string =>
  `n.id::BIGINT AS id, ${named(nodeTypes, 'n.type')} AS type, ${name} AS name, ${className} AS class,
  n.self_bytes::BIGINT AS self_bytes, n.retained_bytes::BIGINT AS retained_bytes,
  nullif(n.dominator_id, ${none})::BIGINT AS dominator_id, ${text('n.file')} AS file, nullif(n.line, ${none})::INTEGER AS line`;

/** `e` is a row of raw.edges. */
const edgeType = named(edgeTypes, 'e.type');
const edgeName = (name: string): string =>
  `CASE WHEN e.type IN (${numberedEdges.join(', ')}) THEN e.name::VARCHAR ELSE ${name} END`;

/** For a few rows: the lists of shared texts, `s` below, are not needed. */
const node = nodeColumns(text('n.name'), text('n.class'));

/** For all rows: `s` is the row of names of the same snapshot. */
const shared = (list: string, place: string, otherwise: string): string =>
  `CASE WHEN ${place} > 0 THEN s.${list}[${place}] ELSE ${otherwise} END`;
const isText = `n.type IN (${stringTypes.map((type) => nodeTypes.indexOf(type)).join(', ')})`;
const allNodes = nodeColumns(
  `CASE WHEN ${isText} THEN ${text('n.name')} ELSE ${shared('node_names', 'n.shared_name', text('n.name'))} END`,
  shared('class_names', 'n.shared_class', text('n.class')),
);
const allEdges = `e.from_id::BIGINT AS from_id, e.to_id::BIGINT AS to_id, ${edgeType} AS type,
  ${edgeName(shared('edge_names', 'e.shared_name', text('e.first_text + e.name')))} AS name, e.retains = 1 AS retains`;

/** Edges on one side, nodes on the other. */
const neighbours = (macro: string, here: string, there: string): string =>
  `CREATE MACRO ${macro}(of_id) AS TABLE
    SELECT ${edgeName('text_of(e.first_text + e.name)')} AS edge, ${edgeType} AS edge_type, ${node}, n.snapshot
    FROM (SELECT * FROM raw.edges WHERE ${here} = of_id AND retains = 1) e
    JOIN raw.nodes n ON n.snapshot = e.snapshot AND n.id = e.${there}`;

const ofAll = (snapshots: readonly string[], select: (name: string, index: number) => string): string =>
  snapshots.map((name, index) => select(quoted(name), index)).join(' UNION ALL ');

/** The statements that make tables and macros over `nodes_0()`, `edges_0()`… of each snapshot. */
export const viewStatements = (snapshots: readonly string[]): string[] => [
  'CREATE SCHEMA raw',
  ...['nodes', 'edges', 'classes', 'locations'].map(
    (table) =>
      `CREATE VIEW raw.${table} AS ${ofAll(snapshots, (name, index) => `SELECT ${name} AS snapshot, * FROM ${table}_${index}()`)}`,
  ),
  `CREATE VIEW nodes AS ${ofAll(
    snapshots,
    (name, index) => `SELECT ${allNodes}, ${name} AS snapshot FROM nodes_${index}() n, names_${index}() s`,
  )}`,
  `CREATE VIEW edges AS ${ofAll(
    snapshots,
    (name, index) => `SELECT ${allEdges}, ${name} AS snapshot FROM edges_${index}() e, names_${index}() s`,
  )}`,
  `CREATE VIEW classes AS SELECT ${text('name')} AS name, count::BIGINT AS count, self_bytes::BIGINT AS self_bytes,
    retained_bytes::BIGINT AS retained_bytes, snapshot FROM raw.classes`,
  `CREATE VIEW strings AS SELECT id, type, name AS text, self_bytes, retained_bytes, snapshot
    FROM nodes WHERE type IN (${stringTypes.map(quoted).join(', ')})`,
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
