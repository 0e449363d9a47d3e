/** Whether a process is a single-executable application of Node: a copy of node with a program inside. In: a pid. */
import { closeSync, openSync, readSync } from 'node:fs';

/**
 * Every node since 18.16 contains this text, followed by 0; in an application it is followed by 1. Written in two parts
 * here, so that a bundle that contains memwatch does not match.
 */
const fuse = Buffer.from(['NODE_SEA_FUSE', 'fce680ab2cc467b6e072b8b5df1996b2:1'].join('_'));
const pieceBytes = 1 << 24;

export const isSingleExecutable = (pid: number): boolean => {
  try {
    const file = openSync(`/proc/${pid}/exe`, 'r');
    try {
      return holds(file);
    } finally {
      closeSync(file);
    }
  } catch {
    return false; // the process is gone, or its file cannot be read
  }
};

const holds = (file: number): boolean => {
  const piece = Buffer.alloc(pieceBytes);
  // the pieces overlap, so that the text is never cut in two
  for (let at = 0; ; at += pieceBytes - fuse.length) {
    const bytes = readSync(file, piece, 0, pieceBytes, at);
    if (piece.subarray(0, bytes).includes(fuse)) return true;
    if (bytes < pieceBytes) return false;
  }
};
