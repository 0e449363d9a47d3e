/** `memwatch memory <target>`: what the RSS consists of, which limit it will hit and when, and what to do. */
import { writeJson } from '../analyzer/model/escape.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { withAttachment, type Attachment } from '../agent/attach/attach.js';
import { captureMemory, captureTrimmedMemory } from '../agent/capture/memory.js';
import { reportOfMemory } from '../analyzer/memory/report.js';
import { addReading, type Watched } from '../analyzer/memory/watched.js';
import { throwIfInterrupted } from '../errors.js';
import { renderMemory } from '../report/memory-text.js';
import { htmlOptions, printWithPage } from './html.js';
import { targetForms, targetOf } from './choose-target.js';
import type { Command, Io } from './io.js';
import { sayEnd } from './say-end.js';
import { durationOf } from './option-values.js';

export const memoryCommand: Command = {
  builder: (yargs) =>
    htmlOptions(yargs)
      .positional('target', { type: 'string', describe: targetForms })
      .option('watch', {
        type: 'boolean',
        describe: 'read repeatedly, and show what grew since the first reading',
      })
      .option('collect', {
        type: 'boolean',
        describe:
          'collect garbage first, to measure only live memory: pauses the target about 2 ms per megabyte of heap',
      })
      .option('try-trim', {
        type: 'boolean',
        describe:
          'ask glibc in the target to give its free memory back (malloc_trim), and show how much that was: pauses the target about half a second per gigabyte that was free',
      })
      .option('interval', { type: 'string', default: '2s', describe: 'time between readings' })
      .option('rounds', { type: 'number', describe: 'number of readings with --watch (default: until Ctrl-C)' })
      .example('$0 memory 1234', 'does not pause the process')
      .example('$0 memory 1234 --watch --interval 10s', 'which part grows, and when a limit is reached')
      .example('$0 memory 1234 --try-trim', "how much of malloc's memory is free, and kept by glibc"),
  async run(args, io) {
    const print = printWithPage(args, io);
    const target = await targetOf(args, io);
    const intervalMs = durationOf(args, 'interval');
    const rounds = args['watch'] === true ? Number(args['rounds'] ?? Infinity) : 1;
    const attaching = { signal: io.signal, onProgress: io.progress, programStdout: 'stderr' as const };
    await withAttachment(target, attaching, async (attachment) => {
      await attachment.runIfWaiting();
      const wanted = { rounds, intervalMs, collect: args['collect'] === true, trim: args['try-trim'] === true };
      await readAgain(attachment, wanted, { ...io, print });
      await sayEnd(attachment, io);
    });
    if (rounds === 1) throwIfInterrupted(io.signal);
  },
};

interface Rounds {
  readonly rounds: number;
  readonly intervalMs: number;
  readonly collect: boolean;
  readonly trim: boolean;
}

const readAgain = async (attachment: Attachment, wanted: Rounds, io: Io): Promise<void> => {
  const { rounds, intervalMs, collect, trim } = wanted;
  const stop = AbortSignal.any([io.signal, attachment.ending]);
  let watched: Watched | undefined;
  for (let round = 0; round < rounds && !stop.aborted; round++) {
    if (round > 0) await sleep(intervalMs, undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return;
    io.progress('reading the memory of the process');
    watched = addReading(
      watched,
      await (trim && round === 0 ? captureTrimmedMemory : captureMemory)(attachment, collect),
    );
    print(reportOfMemory(attachment.pid ?? 0, watched), rounds > 1, io);
  }
};

const print = (report: ReturnType<typeof reportOfMemory>, again: boolean, io: Io): void => {
  // with --watch one document per line, since there are many
  if (again && io.json) io.line(writeJson(report));
  else io.print(report, () => `${renderMemory(report, io.columns)}${again ? '\n' : ''}`);
};
