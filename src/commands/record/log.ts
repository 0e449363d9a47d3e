/**
 * The file of a recording while it runs. In: events and marks. Out: lines of the file, which never grows beyond its limit
 * and is compressed at the end. Marks come from other processes, by a mailbox.
 */
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { recordHeader, recordLine } from '../../agent/capture/own-documents.js';
import { readRecordLines } from '../../analyzer/formats/documents/recording.js';
import { thinRecording } from '../../analyzer/memory/thin-recording.js';
import type { RecordEvent } from '../../analyzer/model/recording.js';
import { createGrowingFile, type GrowingFile } from '../../files/growing.js';
import { openMailbox } from '../../files/messages.js';
import { readMark } from './marks.js';

export interface RecordLog {
  readonly bytes: number;
  /** A number for a series that no other has. */
  nextSeries(): number;
  /** Throws `cannot-write`, `no-room`. */
  write(event: RecordEvent): void;
  /** Takes the marks that have come. */
  takeMarks(): void;
  /** Compresses the file, and ends the mailbox. */
  finish(): void;
}

export interface RecordLogOptions {
  readonly file: string;
  readonly overwrite: boolean;
  readonly intervalMs: number;
  readonly mostBytes: number;
}

/** After thinning there is room for this share of the limit again: thinning reads and writes the whole file. */
const roomAfterThinning = 0.25;

export const createRecordLog = ({ file, overwrite, intervalMs, mostBytes }: RecordLogOptions): RecordLog => {
  const header = recordHeader(Date.now(), intervalMs);
  const growing = createGrowingFile(file, recordLine(header), { overwrite });
  const mailbox = openMailbox(resolve(file));
  let series = 0;
  const write = (event: RecordEvent): void => {
    const line = recordLine(event);
    if (growing.bytes + Buffer.byteLength(line) > mostBytes) thin(growing, file, mostBytes * (1 - roomAfterThinning));
    growing.append(line);
  };
  const takeMarks = (): void => {
    for (const line of mailbox.take()) {
      const mark = readMark(line);
      if (mark !== undefined) write(mark);
    }
  };
  return {
    get bytes() {
      return growing.bytes;
    },
    nextSeries: () => ++series,
    write,
    takeMarks,
    finish: () => {
      try {
        takeMarks();
        growing.replace(gzipSync(growing.read()));
      } finally {
        growing.close();
        mailbox.close();
      }
    },
  };
};

const thin = (growing: GrowingFile, file: string, mostBytes: number): void => {
  const { header, events } = readRecordLines(growing.read(), file);
  const first = recordLine(header);
  const kept = thinRecording(events, mostBytes - first.length, (event) => Buffer.byteLength(recordLine(event)));
  growing.replace(Buffer.from(first + kept.map(recordLine).join('')));
};
