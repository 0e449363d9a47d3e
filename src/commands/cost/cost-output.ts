/** What `cpu` and `alloc` print: a profile as tables or as a JSON document. In: profiles, the user's choices. */
import { constants } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Argv } from 'yargs';
import type { Attachment } from '../../agent/attach/attach.js';
import type { ProgramEnd } from '../../agent/attach/launch.js';
import { computeCallees, computeCallers, type CallEdge } from '../../analyzer/cost/callers.js';
import {
  computeCostTable,
  filterRows,
  findFrame,
  sortKeys,
  sortRows,
  type SortKey,
} from '../../analyzer/cost/table.js';
import type { CostTable, FunctionRow, LineRow } from '../../analyzer/model/cost.js';
import { createLocator } from '../../analyzer/model/location.js';
import type { Profile } from '../../analyzer/model/profile.js';
import { readRegularFile } from '../../input.js';
import { renderCostTree } from '../../report/cost-tree.js';
import { isOwn } from '../../report/place.js';
import { escapeText, formatShare } from '../../report/units.js';
import {
  renderCallEdges,
  renderFunctions,
  renderLines,
  type CallEdgeRow,
  type CostTableOptions,
} from '../../report/cost.js';
import { treesOf, type NamedTree } from './cost-trees.js';
import type { Arguments, Io } from '../io.js';

export const costOptions = (yargs: Argv): Argv =>
  yargs
    .option('sort', {
      choices: [...sortKeys, ...Object.keys(cProfileKeys)],
      default: 'self',
      describe: 'how to sort the functions',
    })
    .option('limit', { type: 'number', default: 20, describe: 'rows in each table; 0 for all' })
    .option('filter', {
      type: 'string',
      describe: 'only functions and lines whose name or file contains this; /…/ for a regular expression',
    })
    .option('lines', { type: 'boolean', describe: 'also show the lines' })
    .option('tree', { type: 'boolean', describe: 'show the call tree as text: callees, then callers' })
    .option('own', { type: 'boolean', describe: "show only the application's own code" })
    .option('callers', { type: 'string', describe: 'show the callers of this function (name or file:line)' })
    .option('callees', { type: 'string', describe: 'show the functions it calls' });

/** cProfile's names for the orders. */
const cProfileKeys: Readonly<Record<string, SortKey>> = {
  tottime: 'self',
  cumtime: 'total',
  ncalls: 'calls',
  filename: 'file',
};

/** The part of a profile that the user asked for. */
export interface Choice {
  readonly table: CostTable;
  readonly functions: readonly FunctionRow[];
  readonly lines: readonly LineRow[];
  readonly callers: readonly CallEdgeRow[] | undefined;
  readonly callees: readonly CallEdgeRow[] | undefined;
  readonly trees: readonly NamedTree[];
}

/** Throws `bad-argument`, `not-found`. */
export const choose = (profile: Profile, args: Arguments): Choice => {
  const table = computeCostTable(profile);
  const filter = args['filter'] === undefined ? undefined : String(args['filter']);
  const sort = String(args['sort'] ?? 'self');
  const sorted = sortRows(table.functions, cProfileKeys[sort] ?? (sort as SortKey));
  const named = table.lines.map((row) => ({ ...row, name: row.function }));
  const isShown = args['own'] === true ? isOwn : () => true;
  return {
    table,
    functions: (filter === undefined ? sorted : filterRows(sorted, filter)).filter(isShown),
    lines: (filter === undefined ? table.lines : filterRows(named, filter)).filter(isShown),
    trees: args['tree'] === true ? treesOf(profile, table, args['own'] === true) : [],
    callers: edges(profile, args['callers'], computeCallers),
    callees: edges(profile, args['callees'], computeCallees),
  };
};

const edges = (
  profile: Profile,
  wanted: unknown,
  compute: (profile: Profile, frame: number) => CallEdge[],
): CallEdgeRow[] | undefined =>
  wanted === undefined
    ? undefined
    : compute(profile, findFrame(profile, String(wanted))).map(({ frame, self, total }) => {
        const { name, location } = profile.frames[frame] ?? { name: '(no caller)', location: undefined };
        return { name, file: location?.file ?? null, line: location?.line ?? null, self, total };
      });

/** Rows that a table shows; with --json all, unless --limit is given. */
const limitOf = (args: Arguments): number => (Number(args['limit']) > 0 ? Number(args['limit']) : Infinity);

/** The tables of a choice, each except the first under a title line. */
export const renderChoice = (
  choice: Choice,
  sources: readonly Profile[],
  args: Arguments,
  io: Io,
  own: string,
): string[] => {
  const options: CostTableOptions = { columns: io.columns, folder: process.cwd(), own };
  const limit = limitOf(args);
  const { table, functions, lines, callers, callees } = choice;
  const shown = functions.slice(0, limit);
  const out = renderFunctions(table, shown, options);
  if (functions.length > shown.length) out.push(`… ${functions.length - shown.length} more; --limit 0 shows all`);
  if (args['lines'] === true) {
    const sourceOf = createSourceOf(sources);
    const text = lines.length === 0 ? [] : renderLines(table, lines.slice(0, limit), options, sourceOf);
    out.push('', ...text, ...renderUnlined(table));
  }
  if (callers !== undefined)
    out.push('', ...renderCallEdges(table, callers.slice(0, limit), options, `callers of ${args['callers']}`));
  if (callees !== undefined)
    out.push('', ...renderCallEdges(table, callees.slice(0, limit), options, `callees of ${args['callees']}`));
  for (const { title, roots } of choice.trees) {
    const treeOptions = { title, unit: table.unit, whole: table.whole, columns: io.columns, folder: process.cwd() };
    out.push('', ...renderCostTree(roots, { ...treeOptions, limit: 4 * limit }));
  }
  return out;
};

/** V8 samples lines of the code that runs, so a bundle of one line says nothing about the lines of the source. */
const renderUnlined = ({ unit, functions, lines, whole }: CostTable): string[] => {
  const sumOf = (rows: readonly { self: number; file: string | null }[]): number =>
    rows.reduce((sum, { self, file }) => sum + (file === null ? 0 : self), 0);
  const unlined = whole > 0 ? (sumOf(functions) - sumOf(lines)) / whole : 0;
  if (unlined < 0.05 || unit !== 'microseconds') return lines.length === 0 ? ['the profile has no lines'] : [];
  return [
    `${formatShare(unlined)} is in code whose lines are unknown, such as a bundle of one line: V8 samples no columns.`,
    'The table of functions has their places in the source.',
  ];
};

/** The text of a line: from the capture itself, or from a file on this machine. */
const createSourceOf = (profiles: readonly Profile[]): ((row: LineRow) => string) => {
  const locators = profiles.map(({ notes }) => createLocator(notes?.scripts));
  const texts = new Map<string, string[]>();
  const linesOf = (file: string): string[] => {
    const captured = locators.map((locator) => locator.sourceOf(file)).find((text) => text !== undefined);
    return (captured ?? readTextFile(file)).split(/\r?\n/);
  };
  return ({ file, line, column = 1 }) => {
    const lines = texts.get(file) ?? linesOf(file);
    texts.set(file, lines);
    return (lines[line - 1] ?? '').slice(column - 1).trim();
  };
};

const readTextFile = (file: string): string => {
  try {
    return isAbsolute(file) ? readRegularFile(file).toString('utf8') : '';
  } catch {
    return ''; // a source file on another machine
  }
};

/** As in a shell: the program's exit code, or 128 plus the signal's number; undefined if memwatch's own code counts. */
export const exitCodeOfProgram = (ended: ProgramEnd | null, io: Io): number | undefined => {
  if (ended === null || io.signal.aborted) return undefined;
  return ended.code ?? 128 + (ended.signal === null ? 0 : constants.signals[ended.signal]);
};

/** To be called before memwatch leaves. A program that memwatch started says by its exit code that it ended. */
export const warnIfEnded = ({ ending, program }: Attachment, { signal, warn }: Io): void => {
  if (!ending.aborted || program !== undefined || signal.aborted) return;
  warn('the target ended, or became another program, before the time was over: this is what was sampled until then');
};

/** Which of the values in a file of another tool the table shows, if there are several kinds. */
export const renderOtherValues = ({ values: [first, ...others], notes }: Profile): string[] => {
  const names = others.map(({ name }) => name).filter((name) => !/^samples?$/.test(name));
  if (notes !== undefined || names.length === 0) return [];
  return [`  shows ${escapeText(first.name)}; --type chooses another: ${escapeText(names.join(', '))}`];
};

export const renderEnd = (ended: ProgramEnd | null): string[] =>
  ended === null ? [] : [`the program ended with ${ended.signal ?? `exit code ${ended.code}`}`];
