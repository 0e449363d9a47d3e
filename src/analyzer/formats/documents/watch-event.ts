/** Reads `memwatch/watch@1`. In: a value. Out: a WatchEvent, or `broken-file`. */
import type { WatchEvent } from '../../model/watch-event.js';
import type { KeptSite } from '../../model/why.js';
import { list, nullOr, number, oneOf, record, text } from '../shape.js';

const place = { function: text, file: text, line: number };
const keptSite = record<KeptSite>({
  ...place,
  liveBytes: number,
  grewBytes: number,
  calledFrom: nullOr(record(place)),
  addsIn: (value, at) => (value === undefined ? [] : list(record(place))(value, at)), // older documents have none
});

export const watchEvent = record<WatchEvent>({
  schema: oneOf('memwatch/watch@1'),
  timeMs: number,
  pid: nullOr(number),
  script: text,
  nodeVersion: text,
  alarms: list(record({ condition: text, reason: text })),
  rssBytes: number,
  heapUsedBytes: number,
  folder: text,
  files: list(text),
  verdict: nullOr(oneOf('leak', 'clean', 'inconclusive')),
  findings: list(record({ title: text, place: nullOr(text) })),
  sites: list(keptSite),
  notes: list(text),
});
