/** The one way in which memwatch looks at processes here. `MEMWATCH_PROCESSES=ps` makes Linux do as macOS does, for tests. */
import { procSource } from './from-proc.js';
import { toolSource } from './from-tools.js';

export const hasProc = process.platform === 'linux' && process.env['MEMWATCH_PROCESSES'] !== 'ps';

export const {
  readProcess,
  readProcesses,
  childProcessIds,
  environmentOf,
  folderOf,
  listeningPorts,
  openPortReader,
  holdersOf,
  atOneMoment,
} = hasProc ? procSource : toolSource;
