/**
 * The same assertions for CommonJS, above all for Jest: its sandbox has no ES modules of its own, so Node's own loader
 * is asked for them, outside of the sandbox.
 */
import type { createRequire } from 'node:module';
import vm = require('node:vm');
import type * as Testing from './index.js' with { 'resolution-mode': 'import' };

/** Inside Jest `process` and `module` are its own; a script that runs in Node's main realm sees the real ones. */
const realModule = vm.runInThisContext("process.getBuiltinModule('node:module')") as {
  createRequire: typeof createRequire;
};
const testing = realModule.createRequire(__filename)('./index.js') as typeof Testing;
export = testing;
