/** Texts of scripts from the disk. In: an address as V8 writes it. Out: the text; undefined if no file has it. */
import { readFileSync, statSync } from 'node:fs';
import { fileOf } from '../source/file-address.js';

const mostSourceBytes = 16 * 2 ** 20;

/** The text of the script at an address, from the disk of the machine where the program ran, which is often this one. */
export const readSource = (url: string): string | undefined => {
  const file = fileOf(url);
  if (!/^(\/|[A-Za-z]:[\\/])/.test(file)) return undefined;
  try {
    const stat = statSync(file);
    return !stat.isFile() || stat.size > mostSourceBytes ? undefined : readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};
