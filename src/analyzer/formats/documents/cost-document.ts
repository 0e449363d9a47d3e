/**
 * Reads memwatch's own results, `memwatch/cpu@1` and `memwatch/alloc@1`, as the tables that they were printed from. In: a
 * file's bytes. Out: a CostTable, or undefined if it is not such a document. Throws `broken-file`.
 */
import type { CostTable } from '../../model/cost.js';
import type { AllocDocument, CpuDocument } from '../../model/documents.js';
import { readDocument, schemaOf } from './document.js';

/** `name` is for messages. */
export const readCostDocument = (bytes: Uint8Array, name: string): CostTable | undefined => {
  const schema = schemaOf(new TextDecoder().decode(bytes.subarray(0, 200)));
  if (schema !== 'memwatch/cpu@1' && schema !== 'memwatch/alloc@1') return undefined;
  const document = readDocument(new TextDecoder().decode(bytes), name);
  if (document?.schema === 'memwatch/cpu@1') return cpuTable(document);
  return document?.schema === 'memwatch/alloc@1' ? allocTable(document) : undefined;
};

export const cpuTable = ({
  functions,
  lines,
  durationUs,
  wholeProgram,
  samples,
  busyUs,
  idleUs,
}: CpuDocument): CostTable => ({
  unit: 'microseconds',
  functions: functions.map(({ name, file, line, calls, selfUs: self, totalUs: total, mayBeInlined = false }) => ({
    name,
    file,
    line,
    calls,
    self,
    total,
    live: null,
    mayBeInlined,
  })),
  lines: lines.map(({ file, line, function: name = '', selfUs: self, inlined = false, mayBeInlined = false }) => ({
    file,
    line,
    function: name,
    self,
    inlined,
    mayBeInlined,
  })),
  whole: busyUs ?? 0,
  idle: idleUs ?? 0,
  samples: samples ?? null,
  durationUs,
  wholeProgram: wholeProgram === true,
});

export const allocTable = ({
  functions,
  lines,
  durationUs,
  wholeProgram,
  allocatedBytes,
}: AllocDocument): CostTable => ({
  unit: 'bytes',
  functions: functions.map(({ name, file, line, selfBytes: self, totalBytes: total, liveBytes: live }) => ({
    name,
    file,
    line,
    calls: null,
    self,
    total,
    live,
    mayBeInlined: false,
  })),
  lines: lines.map(({ file, line, function: name = '', selfBytes: self }) => ({
    file,
    line,
    function: name,
    self,
    inlined: false,
    mayBeInlined: false,
  })),
  whole: allocatedBytes ?? 0,
  idle: 0,
  samples: null,
  durationUs,
  wholeProgram: wholeProgram === true,
});
