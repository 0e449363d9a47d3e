/**
 * The same assertions for CommonJS, above all for Jest: its sandbox has no ES modules of its own, so they are loaded by
 * Node's own loader, outside the sandbox.
 */
import type { createRequire } from 'node:module';
import vm = require('node:vm');
import type * as Testing from './index.js' with { 'resolution-mode': 'import' };

/** Inside Jest, `process` and `module` are Jest's own; a script that runs in Node's main realm sees the real ones. */
const realModule = vm.runInThisContext("process.getBuiltinModule('node:module')") as {
  createRequire: typeof createRequire;
};
const testing = realModule.createRequire(__filename)('./index.js') as typeof Testing;

/** `export =` takes one name, so the types are in a namespace of the same name. */
declare namespace testing {
  export type Body = Testing.Body;
  export type CheckFinding = Testing.CheckFinding;
  export type Finding = Testing.Finding;
  export type GrowthOptions = Testing.GrowthOptions;
  export type GrowthReport = Testing.GrowthReport;
  export type LeakError = Testing.LeakError;
  export type LeakOptions = Testing.LeakOptions;
  export type MemoryLimitError = Testing.MemoryLimitError;
  export type MemoryLimits = Testing.MemoryLimits;
  export type MemoryUse<T> = Testing.MemoryUse<T>;
  export type MemwatchError = Testing.MemwatchError;
  export type Verdict = Testing.Verdict;
}
export = testing;
