/** The shape of `memwatch/waste@1`, for the one reader of documents. In: a value. Out: a WasteReport, or `broken-file`. */
import type { WasteExample, WasteKind, WasteReport } from '../../model/waste.js';
import { place, step } from './leak-report.js';
import { list, nullOr, number, oneOf, optional, record, text } from '../shape.js';

const example = record<WasteExample>({
  id: number,
  name: text,
  path: list(step),
  location: nullOr(place),
  count: number,
  bytes: number,
});

const kind = record<WasteKind>({
  kind: text,
  title: text,
  count: number,
  bytes: number,
  upperBound: nullOr(text),
  examples: list(example),
  advice: text,
});

export const wasteReport = record<WasteReport>({
  schema: oneOf('memwatch/waste@1'),
  nodeVersion: optional(text),
  totalBytes: number,
  wastedBytes: number,
  kinds: list(kind),
});
