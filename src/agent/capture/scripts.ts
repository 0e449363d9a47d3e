/**
 * The scripts of a target: captures refer to code only by script id, and only the running process knows the names. In: a
 * session. Out: a ScriptsTable, stored beside the capture as `<capture>.scripts.json`.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Script, ScriptsTable } from '../../analyzer/model/scripts.js';
import { checkOutput, writeOutput } from '../../files/output.js';
import { readTargetFile } from '../process/target-files.js';
import type { Session as WholeSession } from '../session/protocol.js';
import { scriptsTable } from './own-documents.js';

/** A connection, or a session inside the process. */
type Session = Pick<WholeSession, 'send' | 'on'>;

export interface ScriptCollector {
  /** The table of every script that was parsed and that V8 still knows, with the source maps that can be read. */
  finish(): Promise<ScriptsTable>;
  /** Stops listening, if no table is wanted after all. */
  stop(): Promise<void>;
}

/** How many bytes of source maps are stored with a capture: at most, for one map and for all. */
const maps = { oneBytes: 64 * 2 ** 20, allBytes: 256 * 2 ** 20 };

/**
 * Begins to listen. On Node 20 this also makes a snapshot of a program with big scripts up to 40 times faster (see
 * snapshot.ts).
 */
export const collectScripts = async (
  session: Session,
  from: { pid: number | undefined; nodeVersion: string },
  keepSources?: (session: Session, found: Map<number, FoundScript>) => Promise<void>,
): Promise<ScriptCollector> => {
  const found = new Map<number, FoundScript>();
  const stops = [
    session.on('Debugger.scriptParsed', ({ scriptId, url, sourceMapURL = '' }) => {
      if (url !== '') found.set(Number(scriptId), { url, sourceMapUrl: sourceMapURL });
    }),
    // a `debugger;` statement of the program would stop it while this session listens
    session.on('Debugger.paused', () => void session.send('Debugger.resume').catch(() => {})),
  ];
  await Promise.all([
    session.send('Debugger.setSkipAllPauses', { skip: true }).catch(() => {}), // some versions refuse it before enable
    session.send('Debugger.enable', {}),
    session.send('Debugger.setSkipAllPauses', { skip: true }),
  ]);
  const stop = async (): Promise<void> => {
    await session.send('Debugger.disable').catch(() => {}); // fails if the target has ended; then it is gone with the session
    for (const end of stops) end();
  };
  const finish = async (): Promise<ScriptsTable> => {
    await keepSources?.(session, found);
    await stop();
    return scriptsTable(from.nodeVersion, await withSourceMaps(found, from.pid));
  };
  return { finish, stop };
};

/** The scripts that the target knows now. */
export const captureScripts = async (
  session: Session,
  from: { pid: number | undefined; nodeVersion: string },
): Promise<ScriptsTable> => (await collectScripts(session, from)).finish();

/**
 * The scripts that a profile names, with the text that V8 runs, which shows where functions end and has the lines to print.
 * Also works at the target's end, when few other commands do.
 */
export const captureScriptsWithSource = async (
  session: Session,
  from: { pid: number | undefined; nodeVersion: string },
  wanted: WantedScript,
): Promise<ScriptsTable> => {
  const keepWanted = async (asked: Session, found: Map<number, FoundScript>): Promise<void> => {
    for (const [id, { url }] of found) if (!wanted({ id, url })) found.delete(id);
    await readSources(asked, found, wanted);
  };
  return (await collectScripts(session, from, keepWanted)).finish();
};

/** All scripts, those that are wanted with the text that V8 runs. */
export const captureScriptsAndSource = async (
  session: Session,
  from: { pid: number | undefined; nodeVersion: string },
  wanted: WantedScript,
): Promise<ScriptsTable> =>
  (await collectScripts(session, from, (asked, found) => readSources(asked, found, wanted))).finish();

/** Writes the table beside its capture, and replaces one that an earlier capture of that name left. */
export const writeScripts = (captureFile: string, table: ScriptsTable, overwrite?: boolean): void =>
  writeOutput(besideCapture(captureFile), JSON.stringify(table), { overwrite, earlier });

/** Checks before the target stands still that the table can be written. Throws `cannot-write`. */
export const checkScripts = (captureFile: string, overwrite?: boolean): void =>
  void checkOutput(besideCapture(captureFile), { overwrite, earlier });

const besideCapture = (captureFile: string): string => `${captureFile}.scripts.json`;
const earlier = /^\{"schema":"memwatch\/scripts@/;

type WantedScript = (script: { id: number; url: string }) => boolean;

interface FoundScript {
  readonly url: string;
  readonly sourceMapUrl: string;
  readonly source?: string;
}

/** A longer text is left out, since the profile would become many times its size. */
const longestSource = 16 * 2 ** 20;

/** All at once: one after the other, each would wait for a message of its own. */
const readSources = async (session: Session, found: Map<number, FoundScript>, wanted: WantedScript): Promise<void> => {
  const read = async ([id, script]: [number, FoundScript]): Promise<void> => {
    const { scriptSource } = await session.send('Debugger.getScriptSource', { scriptId: String(id) });
    if (scriptSource !== '' && scriptSource.length <= longestSource) found.set(id, { ...script, source: scriptSource });
  };
  await Promise.all([...found].filter(([id, { url }]) => wanted({ id, url })).map(read));
};

const withSourceMaps = async (found: ReadonlyMap<number, FoundScript>, pid: number | undefined): Promise<Script[]> => {
  const scripts: Script[] = [];
  let roomBytes = maps.allBytes;
  for (const [id, { url, sourceMapUrl, source }] of found) {
    const sourceMap = sourceMapUrl === '' ? undefined : await readSourceMap(url, sourceMapUrl, pid, roomBytes);
    roomBytes -= sourceMap?.length ?? 0;
    scripts.push({
      id,
      url,
      ...(sourceMapUrl === '' || sourceMapUrl.startsWith('data:') ? {} : { sourceMapUrl }),
      ...(sourceMap === undefined ? {} : { sourceMap }),
      ...(source === undefined ? {} : { source }),
    });
  }
  return scripts;
};

/** The text of a source map: inline in the script, or a file that this machine can read. Never fetched from a network. */
const readSourceMap = async (
  scriptUrl: string,
  sourceMapUrl: string,
  pid: number | undefined,
  roomBytes: number,
): Promise<string | undefined> => {
  const limitBytes = Math.min(maps.oneBytes, roomBytes);
  if (sourceMapUrl.startsWith('data:')) return textOfDataUrl(sourceMapUrl, limitBytes);
  const file = pathOf(scriptUrl, sourceMapUrl);
  if (file === undefined || pid === undefined) return undefined;
  return readTargetFile(pid, file, limitBytes); // often none is deployed: positions then stay those of the compiled script
};

const textOfDataUrl = (url: string, limitBytes: number): string | undefined => {
  const [, encoding, data = ''] = /^data:[^,]*?(;base64)?,(.*)$/s.exec(url) ?? [];
  if (data.length > limitBytes * 1.4) return undefined;
  return encoding === undefined ? decodeURIComponent(data) : Buffer.from(data, 'base64').toString('utf8');
};

const pathOf = (scriptUrl: string, sourceMapUrl: string): string | undefined => {
  try {
    if (sourceMapUrl.startsWith('file:')) return fileURLToPath(sourceMapUrl);
    if (/^[a-z][a-z0-9+.-]+:/i.test(sourceMapUrl)) return undefined;
    if (scriptUrl.startsWith('file:')) return fileURLToPath(new URL(sourceMapUrl, scriptUrl));
    return scriptUrl.startsWith('/') ? resolve(dirname(scriptUrl), sourceMapUrl) : undefined;
  } catch {
    return undefined;
  }
};
