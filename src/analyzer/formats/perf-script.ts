/**
 * What `perf script` prints: an event's line, then its stack, the innermost frame first, then a blank line:
 *   node 1234/1240 [001] 5417.120: 1010101 cpu-clock:u:
 *           7f53ac0 LazyCompile:*handle /srv/app.js:12 (/tmp/perf-1234.map)
 *           9c2ad0 uv_run+0x190 (/usr/bin/node)
 * The command may contain spaces; process, processor, time and period may be missing, and so may the spaces before a frame.
 * Only events of the first event's kind are read; each counts as one sample and, if periods are nanoseconds of a clock, as time.
 */
import { MemwatchError } from '../../errors.js';
import { formatThings } from '../model/figures.js';
import type { Location } from '../model/location.js';
import type { Profile } from '../model/profile.js';
import type { ProfileFormat } from './file-content.js';
import { createStackProfile, type StackProfile } from './stack-profile.js';

interface PerfEvent {
  readonly line: number;
  readonly thread: string;
  readonly kind: string;
  /** undefined if the text has no times. */
  readonly seconds: number | undefined;
  readonly periodNs: number | undefined;
  readonly stack: FrameLine[];
}

/** The command, process and thread, processor, time, period and kind of event. */
const eventLine =
  /^(\S.*?)\s+(-?\d+)(?:\/(-?\d+))?\s+(?:\[\d+\]\s+)?(?:\S{4,6}\s+)?(?:(\d+\.\d+):\s+)?(?:(\d+)\s+)?([\w./=,-]+(?::[\w]*)?):\s*$/;

/** Runs of spaces are one space first, over which the pattern would try every way to divide them. */
const matchEvent = (line: string): RegExpExecArray | null =>
  /^\s/.test(line) ? null : eventLine.exec(line.trimEnd().replace(/\s+/g, ' '));

interface FrameLine {
  readonly address: string;
  readonly symbol: string;
  readonly object: string;
}

/** `7f1 main+0x4 (/usr/bin/app)`; read from its end without a pattern, whose time would grow with the cube of a line. */
const readFrameLine = (line: string): FrameLine | undefined => {
  const text = line.trim();
  const address = /^[0-9a-f]+(?=\s)/.exec(text)?.[0];
  const start = openingOf(text);
  if (address === undefined || start < address.length) return undefined;
  return { address, symbol: text.slice(address.length, start).trim(), object: text.slice(start + 1, -1) };
};

/** Of the parenthesis that closes the text: `(/usr/bin/app (deleted))`; -1 if there is none. */
const openingOf = (text: string): number => {
  let depth = 0;
  for (let at = text.length - 1; at >= 0 && (at < text.length - 1 || text[at] === ')'); at--) {
    if (text[at] === ')') depth++;
    else if (text[at] === '(' && --depth === 0) return at;
  }
  return -1;
};

export const perfScriptFormat: ProfileFormat = {
  name: 'the text of perf script',
  command: 'view',
  matches: ({ text }) => text !== undefined && hasEvent(text.slice(0, 65_536).split(/\r?\n/)),
  read: ({ text = '' }) => readPerfScript(text),
};

/** A line without a time could be any text, so a frame has to follow it. */
const hasEvent = (lines: readonly string[]): boolean =>
  lines.some((line, index) => {
    const match = matchEvent(line);
    return match !== null && (match[4] !== undefined || readFrameLine(lines[index + 1] ?? '') !== undefined);
  });

const readPerfScript = (text: string): Profile => {
  const { events, skipped } = readEvents(text);
  const [first] = events;
  if (first === undefined) throw new MemwatchError('not-this-format', 'the text contains no event of perf script');
  const chosen = events.filter(({ kind }) => kind === first.kind);
  const isTime = /clock/.test(first.kind) && chosen.every(({ periodNs }) => periodNs !== undefined);
  const samples = { name: 'samples', unit: 'count' } as const;
  const profile = isTime
    ? createStackProfile('cpu', [{ name: 'time', unit: 'microseconds' }, samples])
    : createStackProfile('other', [samples]);
  const threads = new Set(chosen.map(({ thread }) => thread));
  for (const event of chosen) {
    const root = threads.size > 1 ? [profile.frame(event.thread)] : [];
    const frames = event.stack.map((frame) => frameOf(frame, profile)).toReversed();
    const known = frames.length > 0 ? frames : [profile.frame('(no stack)')];
    profile.addStack([...root, ...known], isTime ? [(event.periodNs ?? 0) / 1000, 1] : [1]);
  }
  const seconds = chosen.flatMap((event) => event.seconds ?? []);
  const [from, to] = seconds.reduce(
    ([low, high], at) => [Math.min(low, at), Math.max(high, at)],
    [Infinity, -Infinity],
  );
  return profile.finish({
    durationUs: seconds.length === 0 ? 0 : (to - from) * 1e6,
    warnings: warningsOf(events.length - chosen.length, skipped, first),
  });
};

const warningsOf = (others: number, skipped: readonly number[], { kind }: PerfEvent): string[] => [
  ...(others > 0
    ? [`${formatThings(others, 'event')} of other kinds than ${kind} ${others === 1 ? 'was' : 'were'} left out`]
    : []),
  ...(skipped.length > 0
    ? [`${formatThings(skipped.length, 'line')} could not be read, the first is line ${skipped[0]}`]
    : []),
];

const readEvents = (text: string): { events: PerfEvent[]; skipped: number[] } => {
  const events: PerfEvent[] = [];
  const skipped: number[] = [];
  let event: PerfEvent | undefined;
  text.split(/\r?\n/).forEach((line, index) => {
    const frame = event === undefined ? undefined : readFrameLine(line);
    if (line.trim() === '') event = undefined;
    else if (line.startsWith('#')) return;
    else if (frame !== undefined) event?.stack.push(frame);
    else {
      event = eventOf(line, index + 1);
      if (event === undefined) skipped.push(index + 1);
      else events.push(event);
    }
  });
  return { events, skipped };
};

const eventOf = (text: string, line: number): PerfEvent | undefined => {
  const match = matchEvent(text);
  if (match === null) return undefined;
  const [, command, first, second, at, period, kind] = match;
  const ids = second === undefined ? `thread ${first}` : `process ${first}, thread ${second}`;
  return {
    line,
    thread: `${command} (${ids})`,
    kind,
    seconds: at === undefined ? undefined : Number(at),
    periodNs: period === undefined ? undefined : Number(period),
    stack: [],
  };
};

const frameOf = ({ address, symbol: shown, object }: FrameLine, profile: StackProfile): number => {
  const symbol = shown.replace(/\+0x[\da-f]+$/, '');
  if (symbol === '' || symbol === '[unknown]')
    return profile.frame(object === '' ? `0x${address}` : `[unknown] (${object})`);
  const script = readScriptSymbol(symbol);
  return script === undefined ? profile.frame(symbol) : profile.frame(script.name, script.location);
};

/** V8's own name for code of a script: `LazyCompile:*handle /srv/app.js:12:7`, since V8 9 `JS:*handle …`. */
export const readScriptSymbol = (symbol: string): { name: string; location: Location } | undefined => {
  const match = /^(?:JS|LazyCompile|Function|Script|Eval):[*~^+'-]*(\S*) ?(.*?):(\d+)(?::(\d+))?$/.exec(symbol);
  if (match === null || match[2] === '') return undefined;
  const [, name, file, line, column = '0'] = match;
  return { name, location: { file: file.replace(/^file:\/\//, ''), line: Number(line), column: Number(column) } };
};
