/**
 * Restores the terminal if memwatch is killed without a chance to do it (kill -9, out of memory): a shell that waits
 * for the end of a pipe that memwatch holds. It has its own session, where no key and no job control reaches it. It
 * always ends with memwatch, and does nothing if memwatch said goodbye.
 */
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

export interface Guardian {
  /** The terminal belongs to the shell for a while: nothing is to be restored. */
  away(): void;
  back(): void;
  /** The terminal was restored. */
  goodbye(): void;
}

const noGuardian: Guardian = { away: () => {}, back: () => {}, goodbye: () => {} };

/**
 * Standard input is the pipe, 1 and 3 are the terminal, 4 reports that its settings are known. A shell that took the
 * terminal back has already set its own modes: signals by keys (isig) are then on again, and the settings are left
 * alone. The codes at the end switch off keypad, mouse and the second screen, and switch on the cursor.
 */
const script = `
  settings=$(stty -g <&3) || exit
  echo ready >&4
  exec 4>&-
  while read -r word; do
    case $word in bye) exit ;; *) state=$word ;; esac
  done
  [ "$state" = away ] && exit
  case $(stty -a <&3) in *-isig*) stty "$settings" <&3 ;; esac
  printf '\\033[0m\\033[?1l\\033>\\033[?1000l\\033[?1002l\\033[?1003l\\033[?1006l\\033[?25h\\033[?1049l'
  printf '\\r\\nmemwatch was killed; the terminal is restored (Enter for the prompt)\\r\\n'`;

/** memwatch waits no longer than this for the guardian to be ready: a few milliseconds, but more on a busy machine. */
const startMs = 1000;

/** To be called before the terminal's settings are changed. Without a shell there is no guardian. */
export const startGuardian = async (): Promise<Guardian> => {
  if (process.platform === 'win32') return noGuardian;
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 1, 'ignore', 0, 'pipe'], detached: true });
  const { stdin } = shell;
  const ready = shell.stdio[4] as Readable; // a pipe, as asked for
  shell.on('error', () => {});
  stdin?.on('error', () => {}); // the guardian has ended
  const isReady = await firstData(ready);
  shell.unref();
  if (!isReady || stdin === null) {
    stdin?.end('bye\n');
    return noGuardian;
  }
  return guardianBehind(stdin);
};

const firstData = (from: Readable): Promise<boolean> =>
  new Promise((resolve) => {
    const answer = (isReady: boolean) => (): void => {
      from.destroy();
      resolve(isReady);
    };
    from.once('data', answer(true)).once('error', answer(false)).once('close', answer(false));
    setTimeout(answer(false), startMs).unref();
  });

const guardianBehind = (pipe: Writable): Guardian => {
  const goodbye = (): void => {
    process.off('exit', goodbye);
    pipe.end('bye\n');
  };
  process.on('exit', goodbye); // after a crash blessed restores the terminal, and the error message must not be overwritten
  return { away: () => void pipe.write('away\n'), back: () => void pipe.write('back\n'), goodbye };
};
