/** What an executable with another name than node's is, if it is Node. In: a pid. Out: words for a message. */
import { closeSync, openSync, readSync } from 'node:fs';
import { hasProc } from './proc-files.js';

/**
 * Every node since 18.16 contains this text, followed by 0; in an application it is followed by 1. Written in two parts
 * here, so that a bundle that contains memwatch does not match.
 */
const fuse = Buffer.from(['NODE_SEA_FUSE', 'fce680ab2cc467b6e072b8b5df1996b2:'].join('_'));
const kinds: Readonly<Record<string, string>> = {
  '0': 'Node.js under another name',
  '1': 'a single-executable application of Node',
};
const pieceBytes = 1 << 24;

/** undefined if it is not Node, or its file cannot be read. */
export const nodeOfOtherName = (pid: number): string | undefined => {
  if (!hasProc) return undefined;
  try {
    const file = openSync(`/proc/${pid}/exe`, 'r');
    try {
      return kinds[afterFuse(file)];
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined; // the process is gone
  }
};

/** The character after the fuse's text; '' if the file does not hold it. */
const afterFuse = (file: number): string => {
  const piece = Buffer.alloc(pieceBytes);
  // the pieces overlap, so that the text is never cut in two
  for (let at = 0; ; at += pieceBytes - fuse.length - 1) {
    const bytes = readSync(file, piece, 0, pieceBytes, at);
    const found = piece.subarray(0, bytes - 1).indexOf(fuse);
    if (found !== -1) return String.fromCharCode(piece[found + fuse.length] ?? 0);
    if (bytes < pieceBytes) return '';
  }
};
