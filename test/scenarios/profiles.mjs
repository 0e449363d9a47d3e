// memwatch's own code, which must not leak: reads a CPU profile, costs it, and writes it in every format.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawnProfile } from '../../.test/support/drawn-profile.js';
import { computeCostTable } from '../../dist/analyzer/cost/table.js';
import { readCollapsed, writeCollapsed } from '../../dist/analyzer/formats/collapsed.js';
import { readCpuProfile } from '../../dist/analyzer/formats/cpuprofile.js';
import { writePprof } from '../../dist/analyzer/formats/pprof.js';
import { readProfile } from '../../dist/analyzer/formats/profile.js';
import { writeSpeedscope } from '../../dist/analyzer/formats/speedscope.js';

export const setup = () => {
  const folder = mkdtempSync(join(tmpdir(), 'memwatch-own-'));
  const text = readFileSync(drawnProfile(folder), 'utf8');
  rmSync(folder, { recursive: true, force: true });
  return text;
};
export const iterate = (text) => {
  const profile = readCpuProfile(text);
  computeCostTable(profile);
  readProfile(writePprof(profile));
  readCollapsed(writeCollapsed(profile));
  writeSpeedscope(profile, 'one');
};
