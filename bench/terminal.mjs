// A program in a new pseudo-terminal, made by `script`: what it draws, when, and keys for it. Shared by the benches of the screen.
import { spawn } from 'node:child_process';

export const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
export const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms));

/** A program in a new terminal. */
export const openTerminal = (words, { columns, rows, env = {} }) => {
  const command = `stty rows ${rows} cols ${columns}; exec ${words.map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const terminal = {
    pid: child.pid,
    seen: '',
    firstMs: undefined,
    lastMs: 0,
    ended: new Promise((done) => child.on('close', done)),
  };
  child.stdout.on('data', (chunk) => {
    terminal.lastMs = nowMs();
    terminal.firstMs ??= terminal.lastMs;
    terminal.seen = (terminal.seen + chunk.toString()).slice(-200_000);
  });
  terminal.until = async (pattern, what) => {
    for (let waited = 0; waited < 180_000; waited += 2) {
      if (pattern.test(terminal.seen)) return;
      await sleep(2);
    }
    child.kill();
    throw new Error(`never saw ${what}; the end of what was drawn:\n${JSON.stringify(terminal.seen.slice(-2000))}`);
  };
  /** Sends a key, and waits until the output stops. */
  terminal.press = async (key, quietMs = 60) => {
    terminal.seen = '';
    terminal.firstMs = undefined;
    const sentMs = nowMs();
    child.stdin.write(key);
    for (let waited = 0; terminal.firstMs === undefined && waited < 10_000; waited += 2) await sleep(2);
    if (terminal.firstMs === undefined) throw new Error(`nothing came for the key ${JSON.stringify(key)}`);
    while (nowMs() - terminal.lastMs < quietMs) await sleep(2);
    return { sentMs, seenMs: terminal.firstMs, allMs: terminal.lastMs };
  };
  terminal.write = (text) => child.stdin.write(text);
  return terminal;
};
