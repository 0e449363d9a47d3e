/**
 * The lines of one function, from a profile of the whole thread. In: a CPU profile, the place of the function, and a
 * profile of allocations. Out: its FunctionLines, estimated from samples: no hits, and no memory by line.
 */
import type { FunctionLines, LineCost } from '../model/lines.js';
import type { Profile } from '../model/profile.js';

export interface FunctionPlace {
  readonly name: string;
  readonly file: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly text: readonly string[];
}

export interface SampledLines {
  readonly lines: FunctionLines;
  readonly samples: number;
  /** Time of functions that V8 had inlined into this one; it is not known whose lines they are. */
  readonly inlinedUs: number;
}

export const computeSampledLines = (
  place: FunctionPlace,
  cpu: Profile,
  allocations: Profile | undefined,
): SampledLines => {
  const costs = new Map<number, { timeUs: number; ticks: number }>();
  let inlinedUs = 0;
  const [time, samples] = cpu.values;
  const { lines } = cpu;
  for (let entry = 0; entry < (lines?.self.length ?? 0); entry++) {
    const location = lines?.locations[lines.location[entry] ?? -1];
    if (lines === undefined || location === undefined || !isIn(place, location)) continue;
    const selfUs = lines.self[entry];
    if (lines.inlined[entry] === 1) {
      inlinedUs += selfUs;
      continue;
    }
    const node = lines.node[entry];
    // a node's time was divided among its lines by their ticks: this restores the ticks
    const ticks = time.self[node] === 0 ? 0 : Math.round(((samples?.self[node] ?? 0) * selfUs) / time.self[node]);
    const known = costs.get(location.line);
    costs.set(location.line, { timeUs: (known?.timeUs ?? 0) + selfUs, ticks: (known?.ticks ?? 0) + ticks });
  }
  const rows = [...costs].map(([line, cost]) => lineCost(place, line, cost)).sort((a, b) => a.line - b.line);
  const { name, file, firstLine, text } = place;
  const allocation =
    allocations === undefined ? {} : { allocation: { bytes: bytesIn(place, allocations), liveBytes: undefined } };
  return {
    lines: { name, file, firstLine, source: text, calls: undefined, ...allocation, lines: rows },
    samples: rows.reduce((sum, { ticks = 0 }) => sum + ticks, 0),
    inlinedUs,
  };
};

const isIn = ({ file, firstLine, lastLine }: FunctionPlace, at: { file: string; line: number }): boolean =>
  at.file === file && firstLine <= at.line && at.line <= lastLine;

/** What the function and the functions nested in it allocated themselves. */
const bytesIn = (place: FunctionPlace, { frames, nodeFrame, values: [bytes] }: Profile): number => {
  const inside = frames.map(({ location }) => location !== undefined && isIn(place, location));
  return bytes.self.reduce((sum, self, node) => sum + (inside[nodeFrame[node]] === true ? self : 0), 0);
};

const lineCost = (
  place: FunctionPlace,
  line: number,
  { timeUs, ticks }: { timeUs: number; ticks: number },
): LineCost => ({
  line,
  source: place.text[line - place.firstLine] ?? '',
  hits: undefined,
  timeUs,
  incrementBytes: undefined,
  externalBytes: undefined,
  certainty: 'measured',
  memoryBytes: undefined,
  untimedHits: 0,
  ticks,
});
