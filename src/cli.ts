#!/usr/bin/env node
/** Loads the command line. If even that fails (`ulimit -n 20`), one line says why. */
import { asSystemError, exitCodeOf, messageOf } from './errors.js';

try {
  await import('./main.js');
} catch (error) {
  console.error(`memwatch: cannot start: ${messageOf(asSystemError(error))}`);
  process.exitCode = exitCodeOf(error);
}
