/**
 * Text for the clipboard of the user's own terminal, over ssh as well. In: a text, how to write to the terminal. Terminals
 * take it by OSC 52 and do not say whether they did. tmux does not take it from programs unless it is set to (its
 * `set-clipboard` is `external`), so it is given to tmux by tmux's own command, which hands it on to the terminal.
 */
import { spawn } from 'node:child_process';

export const copyToClipboard = (text: string, write: (bytes: string) => void): void => {
  write(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`);
  if (process.env['TMUX'] === undefined || process.env['TMUX'] === '') return;
  const tmux = spawn('tmux', ['load-buffer', '-w', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  tmux.on('error', () => {}); // no such program: what the terminal took has to do
  tmux.stdin.on('error', () => {});
  tmux.stdin.end(text);
};
