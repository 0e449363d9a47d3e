/** The one way in which memwatch looks at processes here. */
import { procSource } from './from-proc.js';
import { hasProc } from './proc-files.js';
import { toolSource } from './from-tools.js';

export { hasProc };

export const {
  readProcess,
  readProcesses,
  childProcessIds,
  parentProcessId,
  environmentOf,
  folderOf,
  listeningPorts,
  openPortReader,
  holdersOf,
  atOneMoment,
} = hasProc ? procSource : toolSource;
