// Writes the man page of the built program, which the package ships: dist/memwatch.1.
import { writeFileSync } from 'node:fs';
import { renderManPage } from '../dist/commands/manual/man-page.js';

writeFileSync(new URL('../dist/memwatch.1', import.meta.url), await renderManPage());
