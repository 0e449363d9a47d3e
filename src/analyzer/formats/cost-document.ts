/**
 * memwatch's own results, `memwatch/cpu@1` and `memwatch/alloc@1`, read back as tables:
 *   { schema, durationUs, functions: [{ name, file, line, calls, selfUs, totalUs }…], lines: [{ file, line, selfUs }…] }
 */
import type { CostTable } from '../model/cost.js';

interface DocumentRow {
  readonly name?: string;
  readonly function?: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly calls?: number | null;
  readonly selfUs?: number;
  readonly totalUs?: number;
  readonly selfBytes?: number;
  readonly totalBytes?: number;
  readonly liveBytes?: number | null;
  readonly inlined?: boolean;
}

interface CostDocument {
  readonly schema: string;
  readonly durationUs: number;
  readonly wholeProgram?: boolean;
  readonly samples?: number;
  readonly busyUs?: number;
  readonly idleUs?: number;
  readonly allocatedBytes?: number;
  readonly functions: readonly DocumentRow[];
  readonly lines: readonly DocumentRow[];
}

/** undefined where the bytes are no such document. */
export const readCostDocument = (bytes: Uint8Array): CostTable | undefined => {
  const text = new TextDecoder().decode(bytes.subarray(0, 200));
  if (!/"schema":\s*"memwatch\/(cpu|alloc)@1"/.test(text)) return undefined;
  const document = JSON.parse(new TextDecoder().decode(bytes)) as CostDocument;
  const unit = document.schema === 'memwatch/cpu@1' ? 'microseconds' : 'bytes';
  const selfOf = (row: DocumentRow): number => row.selfUs ?? row.selfBytes ?? 0;
  return {
    unit,
    functions: document.functions.map((row) => ({
      name: row.name ?? '',
      file: row.file,
      line: row.line,
      calls: row.calls ?? null,
      self: selfOf(row),
      total: row.totalUs ?? row.totalBytes ?? 0,
      live: row.liveBytes ?? null,
    })),
    lines: document.lines.map((row) => ({
      file: row.file ?? '',
      line: row.line ?? 0,
      function: row.function ?? '',
      self: selfOf(row),
      inlined: row.inlined === true,
    })),
    whole: document.busyUs ?? document.allocatedBytes ?? 0,
    idle: document.idleUs ?? 0,
    samples: document.samples ?? null,
    durationUs: document.durationUs,
    wholeProgram: document.wholeProgram === true,
  };
};
