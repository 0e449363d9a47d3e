/**
 * A retaining path as one readable line: `global.cache → Map → entry "user-7" → Session`. In: steps. Out: escaped text of
 * any length.
 */
import type { PathStep } from '../analyzer/model/path.js';
import { escapeText } from './units.js';

/** What is shown of a step. */
export type NamedStep = Pick<PathStep, 'name' | 'label' | 'kind'>;

/** One step as text, escaped: together the pieces are the path. */
export interface PathPiece {
  /** How the step is reached: `.sessions`, `[3]`, ` → entry "user-7"`; empty for the first. */
  readonly edge: string;
  /** ` → Map`; empty if the name says nothing. */
  readonly name: string;
}

export const pathPieces = (path: readonly NamedStep[]): PathPiece[] =>
  path.map((step, at) =>
    at === 0
      ? { edge: '', name: escapeText(step.name) }
      : { edge: edgeText(step), name: hasName(step, at === path.length - 1) ? ` → ${escapeText(step.name)}` : '' },
  );

/** A path with more than `mostSteps` steps loses its middle: both ends matter. */
export const renderPath = (path: readonly NamedStep[], mostSteps = Infinity): string => {
  if (path.length > mostSteps) return `${join(path.slice(0, 3))} → … → ${join(path.slice(4 - mostSteps))}`;
  return join(path);
};

const join = (path: readonly NamedStep[]): string =>
  pathPieces(path)
    .map(({ edge, name }) => edge + name)
    .join('');

/** Names of plain objects and arrays are left out: `global.a.b[0]` instead of `global.a → Object.b → Array[0]`. */
const hasName = ({ kind, name }: NamedStep, isLast: boolean): boolean =>
  kind === 'word' || isLast || (name !== 'Object' && name !== 'Array');

const edgeText = (step: NamedStep): string => {
  const label = escapeText(step.label);
  if (label === '' || step.kind === 'element') return label;
  if (step.kind === 'word') return ` → ${label}`;
  const symbol = /^<symbol (.*)>$/.exec(label);
  if (symbol !== null) return `[Symbol(${symbol[1]})]`;
  return /^[#\p{L}_$][\p{L}\p{N}_$]*$/u.test(label) ? `.${label}` : `[${JSON.stringify(label)}]`;
};
