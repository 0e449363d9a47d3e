/**
 * The lines of the Live tab about memory's limits: what the RSS consists of, what would end the process, and when. In: state.
 * Out: lines. Pure.
 */
import { collectsWholeHeap, figuresOfProcess, findGrowing } from '../../analyzer/memory/forecast.js';
import type { MemoryLimit, MemoryOwner } from '../../analyzer/model/memory.js';
import type { Reading } from '../../analyzer/model/reading.js';
import { formatBytes, formatShare } from '../../report/units.js';
import { line, span, type Line, type Span } from './line.js';
import type { LiveMemory } from '../state/provider.js';
import type { State } from '../state/state.js';
import { padEnd, safe } from './text.js';

export const spanSeconds = (readings: readonly Reading[]): number =>
  ((readings.at(-1)?.timeMs ?? 0) - (readings[0]?.timeMs ?? 0)) / 1000;

export const limitLines = (state: State, last: Reading): Line[] => {
  const { heap, cgroup } = last;
  const limits = [
    { name: 'heap', usedBytes: heap.usedBytes, limitBytes: heap.limitBytes },
    ...(cgroup === null ? [] : [{ name: 'container', ...cgroup }]),
    ...otherLimits(state.memory?.limits ?? []),
  ];
  const room = state.columns - labelWidth;
  return [
    ...(state.memory === undefined ? [] : [partsLine(state.memory, room)]),
    line(label('Limits'), ...fitting([...limits.map(limitSpans), ...warnings(state.memory)], room)),
    forecastLine(state),
  ];
};

const labelWidth = 8;
const label = (text: string): Span => span(padEnd(text, labelWidth), 'title');

/** As many as there is room for; the blanks after the last one need none. */
const fitting = (groups: readonly Span[][], room: number): Span[] => {
  let width = 0;
  return groups.flatMap((spans) => {
    const text = spans.map((one) => one.text).join('');
    width += text.length;
    return width - (text.length - text.trimEnd().length) > room ? [] : spans;
  });
};

interface NamedLimit {
  readonly name: string;
  readonly usedBytes: number;
  readonly limitBytes: number;
}

const nameOfKind = { 'cgroup-high': 'memory.high', ulimit: 'ulimit', swap: 'swap', host: 'host' } as const;

/** Of each kind the one that is used most; the heap and the container are read every second. */
const otherLimits = (limits: readonly MemoryLimit[]): NamedLimit[] =>
  Object.entries(nameOfKind)
    .flatMap(([kind, name]) => {
      const [tightest] = limits.filter((one) => one.kind === kind).toSorted((a, b) => shareOf(b) - shareOf(a));
      return tightest === undefined ? [] : [{ ...tightest, name }];
    })
    .toSorted((a, b) => shareOf(b) - shareOf(a));

const shareOf = ({ usedBytes, limitBytes }: { usedBytes: number; limitBytes: number }): number =>
  usedBytes / Math.max(1, limitBytes);

const limitSpans = ({ name, ...limit }: NamedLimit): Span[] => {
  const share = shareOf(limit);
  const style = share > 0.9 ? 'bad' : share > 0.75 ? 'warn' : 'plain';
  const mark = share > 0.9 ? ' !!' : share > 0.75 ? ' !' : '';
  return [
    span(`${name} `),
    span(formatShare(share) + mark, style),
    span(` of ${formatBytes(limit.limitBytes)}   `, 'dim'),
  ];
};

/** Tasks that waited for memory during less than this share of ten seconds are normal. */
const leastPressure = 0.02;

const warnings = (memory: LiveMemory | undefined): Span[][] => {
  const { pressure = null, oomKills = null } = memory ?? {};
  const waits = pressure?.some10s ?? 0;
  return [
    ...(waits < leastPressure ? [] : [[span(`waits for memory ${formatShare(waits)} of the time   `, 'warn')]]),
    ...((oomKills ?? 0) === 0 ? [] : [[span(`the kernel has killed ${oomKills} here`, 'warn')]]),
  ];
};

const shortNames: readonly (readonly [name: string, owners: readonly MemoryOwner[]])[] = [
  ['V8', ['V8 heap', 'V8 code']],
  ['malloc', ['malloc: main heap', 'malloc: arenas', 'malloc: large blocks']],
  ['wasm', ['WebAssembly memory']],
  ['files', ['mapped files']],
  ['shared', ['shared memory']],
  ['stacks', ['thread stacks']],
  ['libraries', ['executable and libraries']],
  ['other', ['other']],
];
/** A smaller part is not shown. */
const leastShare = 0.01;

/** In the same order at all times. */
const partsLine = ({ parts }: LiveMemory, room: number): Line => {
  const whole = parts.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  const groups = shortNames.flatMap(([name, owners]) => {
    const own = parts.filter(({ owner }) => owners.includes(owner));
    const bytes = own.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
    return bytes < leastShare * whole || bytes === 0
      ? []
      : [[span(`${safe(name)} `), span(`${formatBytes(bytes)}   `, 'bold')]];
  });
  return line(label('RSS is'), ...fitting(groups, room));
};

/** 3.6 MB an hour: slower growth needs no warning on a screen that is watched for minutes. */
const leastBytesPerSecond = 1024;

const forecastLine = ({ readings: all, disturbedMs, work, replay }: State): Line => {
  if (work?.action === true) {
    return line(label('Trend'), span('paused while memwatch works on the process', 'dim'));
  }
  const readings = all.filter(({ timeMs }) => timeMs > disturbedMs);
  const seconds = spanSeconds(readings);
  if (seconds >= 20 && !readings.some(collectsWholeHeap)) {
    const how = replay === undefined ? ': F forces one' : '';
    return line(label('Trend'), span(`needs a collection of the whole heap${how}`, 'dim'));
  }
  const growing = findGrowing(figuresOfProcess(readings)).find(({ slope }) => slope.estimate >= leastBytesPerSecond);
  if (growing === undefined) {
    const text = seconds < 20 ? 'needs 20 s of readings' : 'no steady growth so far';
    return line(label('Trend'), span(text, 'dim'));
  }
  const { of, slope, secondsToLimit } = growing;
  const rate = `▲ ${of} grows ${formatBytes(slope.estimate * 60)}/min, steadily`;
  const limit = secondsToLimit === undefined ? '' : `: limit in about ${roughly(secondsToLimit)}`;
  return line(label('Trend'), span(rate + limit, 'warn'), span(` (over ${roughly(seconds)})`, 'dim'));
};

/** A forecast is rough: two digits at most. */
const roughly = (seconds: number): string => {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 72 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
};
