// Writes a snapshot of a real program's heap: the TypeScript compiler, holding a checked program of its own sources'
// declarations several times over.
//   node --max-old-space-size=8192 bench/make-compiler.mjs FILE TYPESCRIPT_MODULE_FOLDER [programs]
import { createRequire } from 'node:module';
import { readdirSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';

const [file, folder, programs = '3'] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(folder);
const files = readdirSync(join(folder, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.d.ts'))
  .map((name) => join(folder, 'lib', name));
globalThis.programs = Array.from({ length: Number(programs) }, () => {
  const program = ts.createProgram(files, { noEmit: true, noLib: true, types: [] });
  program.getSemanticDiagnostics();
  return program;
});
// V8 11.3 (Node 20) scans a script from its start for the position of every function, unless a debugger has asked for its
// line ends: minutes instead of seconds for a bundle of 9 MB.
const session = new Session();
session.connect();
session.post('Debugger.enable');
writeHeapSnapshot(file);
session.disconnect();
