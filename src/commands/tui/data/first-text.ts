/** How a file begins, which tells what it is. In: a path. Out: its first characters. It loads no reader of any format. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { cannotRead } from '../../../errors.js';

const headBytes = 4096;

/** The first bytes as text, unpacked if they are gzip. */
export const firstText = async (file: string): Promise<string> => {
  try {
    const raw = await firstChunk(createReadStream(file, { end: 65_535 }));
    if (raw[0] !== 0x1f || raw[1] !== 0x8b) return raw.toString('latin1', 0, headBytes);
    const unzipped = createReadStream(file, { end: 65_535 }).pipe(createGunzip());
    return (await firstChunk(unzipped)).toString('latin1', 0, headBytes);
  } catch (cause) {
    throw cannotRead(file, cause);
  }
};

const firstChunk = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  for await (const chunk of stream) return chunk;
  return Buffer.alloc(0);
};
