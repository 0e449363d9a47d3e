/**
 * What grows, in words. In: the kind of the container, its name as code would write it, and what it gains. Out: a phrase
 * for a title. Signatures are made elsewhere, from V8's own names, and do not change with these texts.
 */
import { formatBytes, toTenths } from '../model/figures.js';
import type { FindingKind } from '../model/finding.js';
import type { Slices } from './snapshots/slices.js';

const kindNames: Readonly<Record<FindingKind, string>> = {
  map: 'Map',
  set: 'Set',
  array: 'array',
  dictionary: 'dictionary object',
  'linked-list': 'linked list',
  'closure-chain': 'chain of closures',
  listeners: 'listeners',
  'promise-reactions': 'reactions on a promise',
  'promise-chain': 'chain of promises',
  timers: 'timers',
  'weak-set': 'collection of weak references',
  string: 'string',
  buffer: 'buffer',
  'symbol-registry': 'registry of Symbol.for()',
  native: 'native handles',
  class: 'object',
};

const plural: ReadonlySet<FindingKind> = new Set(['listeners', 'promise-reactions', 'timers', 'native']);

/** `listeners of Settings for change`, `Map sessions`; `many` is appended: ` (3 of them)`. */
export const renderContainer = (kind: FindingKind, name: string, many = ''): string => {
  if (kind === 'listeners') return `${renderListeners(name)}${many}`;
  if (kind === 'promise-reactions' && name !== '') return `reactions on the promise ${renderName(name)}${many}`;
  if (kind === 'promise-chain') return `${kindNames[kind]}${many}`; // its name would be the whole chain
  if (kind === 'timers' && /^(TimersList|ImmediateList|timerListMap\b.*)$/.test(name)) return `timers${many}`;
  return `${kindNames[kind]}${name === '' ? '' : ` ${renderName(name)}`}${many}`;
};

/** `gains 20 Session a round and keeps them`; `gain …` if there are several containers. */
export const renderGain = (kind: FindingKind, count: string, entryClass: string, per: string): string =>
  plural.has(kind)
    ? `gain ${count} ${renderEntries(entryClass, count)} a ${per} and keep them`
    : `gains ${count} ${renderEntries(entryClass, count)} a ${per} and keeps them`;

/** `Map headlines gains 20 slices of strings a round, and each keeps a whole string of 50.2 KB`. */
export const renderSlices = (container: string, count: string, per: string, { keptBytes }: Slices): string =>
  `${container} gains ${count} slices of strings a ${per}, and each keeps a whole string of ${formatBytes(keptBytes)}`;

/** Node stores an emitter's listeners in `_events`, by event, and an EventTarget's in a Map behind a symbol. */
const renderListeners = (name: string): string => {
  const [, emitter, event] = /^(.*?)(?:\._events|\.kEvents|\[<symbol (?:events\.)?kEvents>\])(.*)$/.exec(name) ?? [];
  if (emitter === undefined) return name === '' ? 'listeners' : `listeners ${renderName(name)}`;
  const of = emitter === '' ? '' : ` of ${renderName(emitter)}`;
  const called = event.replace(/^\.|^\[|\]$|\[\]$/g, '');
  return `listeners${of}${called === '' ? '' : ` for ${renderName(called)}`}`;
};

/** Writes a symbol as the field that it is, and mentions only once that a value is held by a WeakMap. */
const renderName = (name: string): string =>
  name
    .replaceAll(/\[<symbol ([^>]*)>\]/g, '.$1')
    .replace(/(\[value in a WeakMap\])+/g, ' (value in a WeakMap)')
    .replace(/^\./, '');

const renderEntries = (entryClass: string, count: string): string => {
  const own: { readonly [entryClass: string]: string } = {
    '(anonymous)()': 'anonymous function',
    '(symbol)': 'symbol',
    'system / Context': 'closure context',
  };
  const word = own[entryClass];
  if (word === undefined) return entryClass.replace(/^system \/ /, '');
  return count === '1' ? word : `${word}s`;
};

export interface Rate {
  readonly count: number;
  readonly bytes: number;
  readonly per: 'round' | 'call';
}

/** Per call if the number of calls in a round is known. */
export const describeRate = (countPerRound: number, bytesPerRound: number, callsPerRound: number | undefined): Rate =>
  callsPerRound === undefined
    ? { count: toTenths(countPerRound), bytes: bytesPerRound, per: 'round' }
    : {
        count: Number((countPerRound / callsPerRound).toPrecision(2)),
        bytes: bytesPerRound / callsPerRound,
        per: 'call',
      };
