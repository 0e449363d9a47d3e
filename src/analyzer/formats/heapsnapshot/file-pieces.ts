/**
 * A file's bytes in pieces, through two buffers that are used in turn: one is filled while the other is processed, and a
 * file of any size leaves no garbage. A piece is valid until the next one is requested.
 */
import { open } from 'node:fs/promises';

const pieceBytes = 1 << 21;

/** From byte `from` up to, but not including, byte `to` (by default, the file's end). */
export async function* readPieces(path: string, from = 0, to = Infinity): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const buffers = [new Uint8Array(pieceBytes), new Uint8Array(pieceBytes)] as const;
    let position = from;
    const fill = (buffer: Uint8Array): Promise<{ bytesRead: number }> =>
      file.read(buffer, 0, Math.min(pieceBytes, to - position), position);
    let turn = 0;
    let filling = fill(buffers[0]);
    for (;;) {
      const { bytesRead } = await filling;
      if (bytesRead === 0) return;
      position += bytesRead;
      const piece = buffers[turn & 1 ? 1 : 0].subarray(0, bytesRead);
      turn++;
      filling = fill(buffers[turn & 1 ? 1 : 0]);
      filling.catch(() => {}); // the caller that asks for the next piece gets the error
      yield piece;
    }
  } finally {
    await file.close();
  }
}
