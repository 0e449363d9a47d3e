/**
 * Heaps in a DuckDB database in memory. The one file that knows DuckDB's package, which users install themselves. In: heaps
 * with names, and SQL. Out: rows. DuckDB reads the tables through functions that are called for each chunk of rows.
 */
import type { DuckDBConnection, DuckDBTableFunction, DuckDBVector } from '@duckdb/node-api';
import type { Heap } from '../../analyzer/heap/heap.js';
import type { QueryValue } from '../../analyzer/model/printed-documents.js';
import { MemwatchError, messageOf } from '../../errors.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../files/temporary.js';
import type { QueryResult } from '../../report/query-text.js';
import { tablesOf, Texts, type Column, type RawTable } from './columns.js';
import { viewStatements } from './views.js';

type Package = typeof import('@duckdb/node-api');

/** An exact version: the package's releases are all pre-releases to npm, which no range matches. */
const version = '1.5.6-r.1';

/** DuckDB has no words for a text without a statement. */
export const requireSql = (text: string): void => {
  const words = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/--.*$/gm, '').replace(/[\s;]/g, ''); // prettier-ignore
  if (words === '')
    throw new MemwatchError('bad-argument', 'there is no SQL to run', { hint: 'SELECT * FROM classes' });
};

/** Throws `not-found` if the package is not installed. */
export const loadDuckdb = async (): Promise<Package> => {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    throw new MemwatchError(
      'not-found',
      'memwatch query and Parquet need the package @duckdb/node-api (70 MB), which is not installed',
      { hint: `npm install @duckdb/node-api@${version} next to memwatch`, cause },
    );
  }
};

export interface NamedHeap {
  readonly name: string;
  readonly heap: Heap;
}

export class HeapDatabase {
  private constructor(
    private readonly connection: DuckDBConnection,
    /** Where DuckDB puts what its memory does not hold. */
    private readonly spilled: TemporaryFolder,
    /** What tables threw while DuckDB read them, of which it reports only the text. */
    private readonly failures: MemwatchError[],
  ) {}

  /** Throws `not-found` if the package is not installed. */
  static async open(heaps: readonly NamedHeap[]): Promise<HeapDatabase> {
    const duckdb = await loadDuckdb();
    const spilled = createTemporaryFolder();
    // nothing is fetched from a network without being asked for
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      temp_directory: spilled.path,
    });
    const connection = await instance.connect();
    const texts = new Texts();
    const failures: MemwatchError[] = [];
    for (const [index, { heap }] of heaps.entries()) {
      for (const [name, table] of Object.entries(tablesOf(heap, texts)))
        connection.registerTableFunction(tableFunction(duckdb, `${name}_${index}`, table, failures));
    }
    registerTextOf(duckdb, connection, texts);
    registerPathOf(duckdb, connection, heaps);
    for (const statement of viewStatements(heaps.map(({ name }) => name))) await connection.run(statement);
    return new HeapDatabase(connection, spilled, failures);
  }

  /** The result of the last statement; at most `mostRows` of it. Throws `bad-argument` with what DuckDB says. */
  async run(sql: string, mostRows = Infinity): Promise<QueryResult> {
    requireSql(sql);
    try {
      const result = await this.connection.streamAndReadUntil(sql, Math.min(mostRows + 1, Number.MAX_SAFE_INTEGER));
      const types = result.columnTypes();
      const rows = result.getRowsJS();
      return {
        columns: result.columnNames().map((name, index) => ({ name, type: String(types[index]) })),
        rows: rows.slice(0, mostRows).map((row) => row.map(plainValue)),
        more: rows.length > mostRows,
      };
    } catch (error) {
      throw this.failures.pop() ?? sqlError(error);
    }
  }

  /** What a query can ask: tables with their columns, then macros with their parameters. */
  async tables(): Promise<{ readonly name: string; readonly columns: readonly string[] }[]> {
    const { rows } = await this.run(`
      SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()
      WHERE schema_name = 'main' AND NOT internal GROUP BY 1 ORDER BY 1`);
    const macros = await this.run(
      `SELECT function_name, parameters FROM duckdb_functions() WHERE function_type = 'table_macro' AND NOT internal ORDER BY 1`,
    );
    return [...rows, ...macros.rows].map(([name, columns]) => ({
      name: String(name),
      columns: Array.isArray(columns) ? columns.map(String) : [],
    }));
  }

  close(): void {
    this.connection.closeSync();
    this.spilled.remove();
  }
}

/** DuckDB says in its first line what is wrong, and in the second which names are similar. */
const sqlError = (error: unknown): MemwatchError => {
  const near = error instanceof Error ? error.message.split('\n')[1]?.trim() : undefined;
  const hint = near === undefined || near === '' || near.startsWith('LINE') ? undefined : near;
  return new MemwatchError('bad-argument', messageOf(error).replace(/^Failed to extract statements: /, ''), {
    hint,
    cause: error,
  });
};

/** Values of JavaScript that JSON has; what it does not have (dates, large integers) as text. */
const plainValue = (value: unknown): QueryValue => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (value instanceof Date) return value.toISOString();
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainValue(one)]));
  return String(value);
};

/** DuckDB's size of a chunk: a vector has room for no more. */
const chunkRows = 2048;

interface Scan {
  next: number;
  /** Which columns the query needs. */
  readonly wanted: readonly number[];
}

const tableFunction = (
  duckdb: Package,
  name: string,
  table: RawTable,
  failures: MemwatchError[],
): DuckDBTableFunction =>
  duckdb.DuckDBTableFunction.create({
    name,
    supportsProjectionPushdown: true,
    bindFunction(bind) {
      const types = { integer: duckdb.UINTEGER, double: duckdb.DOUBLE, texts: duckdb.LIST(duckdb.VARCHAR) };
      for (const { name: column, type } of table.columns) bind.addResultColumn(column, types[type]);
      bind.setCardinality(Math.ceil(table.estimatedRows), false);
    },
    initFunction(init) {
      init.setInitData({ next: 0, wanted: init.getColumnIndexes() } satisfies Scan);
    },
    mainFunction(info, chunk) {
      const scan = info.getInitData() as Scan; // what initFunction set
      const rows = Math.min(chunkRows, table.rowCount() - scan.next);
      chunk.rowCount = rows;
      if (rows === 0) return;
      for (const [place, index] of scan.wanted.entries()) {
        const column = table.columns[index]; // undefined if DuckDB only counts rows
        if (column !== undefined) recorded(failures, () => fill(duckdb, chunk.getColumnVector(place), column, scan.next, rows)); // prettier-ignore
      }
      scan.next += rows;
    },
  });

const recorded = (failures: MemwatchError[], work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (error instanceof MemwatchError) failures.push(error);
    throw error;
  }
};

const fill = (duckdb: Package, vector: DuckDBVector, column: Column, first: number, rows: number): void => {
  if (column.type === 'texts') vector.setItem(0, duckdb.listValue(column.value()));
  else for (let row = 0; row < rows; row++) vector.setItem(row, column.valueOf(first + row));
  vector.flush();
};

const registerTextOf = (duckdb: Package, connection: DuckDBConnection, texts: Texts): void =>
  connection.registerScalarFunction(
    duckdb.DuckDBScalarFunction.create({
      name: 'text_of',
      returnType: duckdb.VARCHAR,
      parameterTypes: [duckdb.UINTEGER],
      mainFunction(_info, input, output) {
        const numbers = input.getColumnVector(0);
        const { rowCount } = input; // asks DuckDB each time
        for (let row = 0; row < rowCount; row++) {
          const number = numbers.getItem(row);
          output.setItem(row, typeof number === 'number' ? texts.get(number) : null);
        }
        output.flush();
      },
    }),
  );

const registerPathOf = (duckdb: Package, connection: DuckDBConnection, heaps: readonly NamedHeap[]): void => {
  const stepType = duckdb.STRUCT({
    step: duckdb.UINTEGER,
    edge: duckdb.VARCHAR,
    name: duckdb.VARCHAR,
    id: duckdb.UINTEGER,
    snapshot: duckdb.VARCHAR,
  });
  connection.registerScalarFunction(
    duckdb.DuckDBScalarFunction.create({
      name: 'path_of',
      returnType: duckdb.LIST(stepType),
      parameterTypes: [duckdb.UINTEGER],
      mainFunction(_info, input, output) {
        const ids = input.getColumnVector(0);
        for (let row = 0; row < input.rowCount; row++)
          output.setItem(row, duckdb.listValue(pathSteps(heaps, Number(ids.getItem(row))).map((step) => duckdb.structValue(step)))); // prettier-ignore
        output.flush();
      },
    }),
  );
};

/** The retaining path in each snapshot that has the object. */
const pathSteps = (heaps: readonly NamedHeap[], id: number) =>
  heaps.flatMap(({ name: snapshot, heap }) => {
    const node = heap.nodeWithId(id);
    if (node === -1) return [];
    return heap.object(node).path.map(({ label, name, id: stepId }, step) => ({ step, edge: label, name, id: stepId, snapshot })); // prettier-ignore
  });
