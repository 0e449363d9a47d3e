/**
 * Puts text on the clipboard of the user's own terminal, also over ssh. In: a text, and how to write to the terminal.
 * Terminals accept it by OSC 52 and do not say whether they did. tmux does not accept it from programs by default (its
 * `set-clipboard` is `external`), so it is passed to tmux by tmux's own command, which passes it on to the terminal.
 */
import { spawn } from 'node:child_process';

export const copyToClipboard = (text: string, write: (bytes: string) => void): void => {
  write(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`);
  if (process.env['TMUX'] === undefined || process.env['TMUX'] === '') return;
  const tmux = spawn('tmux', ['load-buffer', '-w', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  tmux.on('error', () => {}); // there is no tmux command: what was sent to the terminal has to be enough
  tmux.stdin.on('error', () => {});
  tmux.stdin.end(text);
};
