/** Runs the built program as a user does. */
import { spawn } from 'node:child_process';
import { repository } from './paths.js';

export interface Run {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `memwatch …args` to its end, at most for `timeoutMs` (60 s). */
export const memwatch = (
  args: readonly string[],
  options: { timeoutMs?: number; cwd?: string; env?: NodeJS.ProcessEnv; node?: string | undefined } = {},
): Promise<Run> =>
  new Promise((resolve, reject) => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(options.node ?? process.execPath, [repository('dist/cli.js'), ...args], {
      cwd: options.cwd,
      env: { ...env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`memwatch ${args.join(' ')} did not end in time\n${stdout}\n${stderr}`));
    }, options.timeoutMs ?? 60_000);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal ?? -1, stdout, stderr });
    });
  });

/** Runs `memwatch …args --json` and parses the document; throws with stderr if it failed. */
export const memwatchJson = async (
  args: readonly string[],
  options: { timeoutMs?: number; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Record<string, unknown>> => {
  const run = await memwatch([...args, '--json'], options);
  try {
    return JSON.parse(run.stdout) as Record<string, unknown>;
  } catch {
    throw new Error(`memwatch ${args.join(' ')} --json ended with ${run.code}\n${run.stdout}\n${run.stderr}`);
  }
};
