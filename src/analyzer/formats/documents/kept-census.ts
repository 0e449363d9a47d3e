/** Reads `memwatch/kept-census@1`, which the agent inside writes. In: text. Out: a KeptCensus, or `broken-file`. */
import type { KeptCensus } from '../../model/why.js';
import { parseJson } from '../file-content.js';
import { list, number, oneOf, record, text } from '../shape.js';

const keptCensus = record<KeptCensus>({
  schema: oneOf('memwatch/kept-census@1'),
  classes: list(record({ name: text, count: number })),
  containers: list(
    record({ id: number, kind: oneOf('Map', 'Set', 'Array', 'Object'), size: number, holds: text, heldBy: text }),
  ),
});

export const readKeptCensus = (content: string, file: string): KeptCensus => keptCensus(parseJson(content), file);
