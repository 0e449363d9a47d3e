/**
 * `memwatch export app.heapsnapshot --to parquet`: the tables of `memwatch query` as Parquet files, one per table. In: a
 * snapshot file, a folder. Out: how many bytes were written.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createOutput } from '../../files/output.js';
import { makeFolder } from '../../files/temporary.js';
import { MemwatchError } from '../../errors.js';
import { isOwnStdout } from '../capture-file.js';
import type { Io } from '../io.js';
import { openHeap } from '../open-heap.js';
import { HeapDatabase, loadDuckdb } from './duckdb.js';

const tables = ['nodes', 'edges', 'classes', 'strings', 'locations'];

/** Throws `cannot-write`, and what reading a snapshot throws. */
export const exportParquet = async (file: string, folder: string, overwrite: boolean, io: Io): Promise<number> => {
  if (isOwnStdout(folder))
    throw new MemwatchError('bad-argument', 'parquet is several files, which stdout cannot take', {
      hint: 'name a folder: -o tables',
    });
  await loadDuckdb();
  const database = await HeapDatabase.open([{ name: file, heap: await openHeap(file, 'large', io) }]);
  try {
    makeFolder(folder);
    let bytes = 0;
    for (const table of tables) {
      io.progress(`writing ${table}`);
      bytes += await writeTable(database, table, join(folder, `${table}.parquet`), overwrite);
    }
    return bytes;
  } finally {
    database.close();
  }
};

const writeTable = async (database: HeapDatabase, table: string, path: string, overwrite: boolean): Promise<number> => {
  const output = createOutput(path, { overwrite, earlier: /^PAR1/ });
  try {
    const target = output.path.replaceAll("'", "''");
    await database.run(`COPY ${table} TO '${target}' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`);
    output.commit();
  } finally {
    output.discard();
  }
  return statSync(path).size;
};
