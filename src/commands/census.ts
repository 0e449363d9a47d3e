/** `memwatch census <target>`: how many of each class are alive, and which Maps, Sets and arrays grow; no snapshot. */
import { writeJson } from '../analyzer/model/escape.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { withAttachment } from '../agent/attach/attach.js';
import type { Census } from '../agent/capture/census.js';
import { openCensus } from '../captures/open-census.js';
import { reportKeptMemory } from '../captures/resident.js';
import { throwIfInterrupted } from '../errors.js';
import { renderCensus } from '../report/census-text.js';
import type { CensusDocument } from '../analyzer/model/printed-documents.js';
import { targetForms, targetOf } from './choose-target.js';
import type { Command, Io } from './io.js';
import { sayEnd } from './say-end.js';
import { durationOf } from './option-values.js';

export const censusCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('target', { type: 'string', describe: targetForms })
      .option('watch', { type: 'boolean', describe: 'count repeatedly and show what changed, until Ctrl-C' })
      .option('interval', { type: 'string', default: '5s', describe: 'time between two counts' })
      .option('rounds', { type: 'number', describe: 'number of counts with --watch (default: until Ctrl-C)' })
      .option('force', { type: 'boolean', describe: 'count even if memory could run out' })
      .option('top', { type: 'number', default: 20, describe: 'rows in each table' })
      .example('$0 census 1234', 'takes a tenth of the pause and memory of a heap snapshot')
      .example('$0 census 1234 --watch --interval 10s', 'what grows, every ten seconds'),
  async run(args, io) {
    const target = await targetOf(args, io);
    const watch = args['watch'] === true;
    const intervalMs = durationOf(args, 'interval');
    const counts = watch ? Number(args['rounds'] ?? Infinity) : 1;
    const attaching = { signal: io.signal, onProgress: io.progress, programStdout: 'stderr' as const };
    await withAttachment(target, attaching, async (attachment) => {
      await attachment.runIfWaiting();
      const census = await openCensus(attachment, io, { force: args['force'] === true });
      const stop = AbortSignal.any([io.signal, attachment.ending]);
      await reportKeptMemory(attachment, io, async () => {
        for (let i = 0; i < counts && !stop.aborted; i++) {
          if (i > 0) await sleep(intervalMs, undefined, { signal: stop }).catch(() => {});
          if (!stop.aborted) await countOnce(census, watch, Number(args['top']), io);
        }
      });
      await sayEnd(attachment, io);
    });
    if (!watch) throwIfInterrupted(io.signal);
  },
};

/** Counts, and finds the ids of the `rows` largest containers. */
export const countedDocument = async (census: Census, rows: number): Promise<CensusDocument> => ({
  schema: 'memwatch/census@1',
  ...(await census.count({ idsFor: rows })),
});

const countOnce = async (census: Census, watch: boolean, rows: number, io: Io): Promise<void> => {
  io.progress('counting objects');
  const document = await countedDocument(census, rows);
  // with --watch one document per line, since there are many
  if (watch && io.json) io.line(writeJson(document));
  else io.print(document, () => `${renderCensus(document, rows, io.columns)}${watch ? '\n' : ''}`);
};
