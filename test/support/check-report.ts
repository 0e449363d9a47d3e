/** Results of a check, for tests of the reports made from them. */
import type { CheckFinding, CheckReport, CounterReading, ScenarioReport } from '#memwatch/analyzer/model/check.js';

export const reading = (values: Partial<CounterReading> = {}): CounterReading => ({
  heapUsedBytes: 5_000_000,
  heapTotalBytes: 8_000_000,
  externalBytes: 100_000,
  arrayBuffersBytes: 0,
  rssBytes: 60_000_000,
  nativeContexts: 1,
  resources: {},
  fileDescriptors: 20,
  childProcesses: 0,
  threads: 11,
  longestGcPauseUs: null,
  ...values,
});

export const finding = (values: Partial<CheckFinding> = {}): CheckFinding => ({
  rank: 1,
  kind: 'map',
  title: 'Map sessions gains 1 Session a call and keeps them',
  signature: 'Store.sessions > Map > Session',
  bytesPerRound: 19_200,
  countPerRound: 200,
  retainedBytesPerRound: 19_200,
  history: [200, 400, 600],
  container: { id: 7, name: 'Map', type: 'object' },
  gains: [],
  path: [
    { edge: 'store', label: 'store', kind: 'property', name: 'Store', type: 'object', id: 5 },
    { edge: 'sessions', label: 'sessions', kind: 'property', name: 'Map', type: 'object', id: 7 },
  ],
  location: { file: '/app/src/store.ts', line: 12, column: 3 },
  owner: { kind: 'application' },
  keptFunctions: [],
  allocationSites: [],
  growthSites: [],
  advice: 'Delete them.',
  reasons: ['gained 200, 200 Session in 2 rounds'],
  bytesPerIteration: 96,
  countPerIteration: 1,
  ...values,
});

export const scenario = (values: Partial<ScenarioReport> = {}): ScenarioReport => ({
  file: 'leaks/cart.mjs',
  passed: true,
  verdict: 'clean',
  reasons: ['nothing grew with every round of 400 calls'],
  findings: [],
  new: [],
  known: [],
  worse: [],
  gone: [],
  limits: [],
  failure: null,
  rounds: 2,
  iterations: [200, 200],
  readings: [],
  snapshots: 3,
  durationUs: 2_500_000,
  warnings: [],
  ...values,
});

export const leaking = (values: Partial<ScenarioReport> = {}): ScenarioReport => {
  const one = finding();
  return scenario({ passed: false, verdict: 'leak', findings: [one], new: [one.signature], ...values });
};

export const report = (...scenarios: ScenarioReport[]): CheckReport => ({
  schema: 'memwatch/check@1',
  passed: scenarios.every(({ passed }) => passed),
  scenarios,
  baseline: null,
  warnings: [],
});
