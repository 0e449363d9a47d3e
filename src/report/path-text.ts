/**
 * A retaining path as one readable line: `global.cache → Map → entry "user-7" → Session`. In: steps. Out: escaped text of
 * any length.
 */
import type { PathStep } from '../analyzer/model/path.js';
import { escapeText } from './units.js';

/** What is shown of a step. */
export type NamedStep = Pick<PathStep, 'name' | 'label' | 'kind'>;

/** A path with more than `mostSteps` steps loses its middle: both ends matter. */
export const renderPath = (path: readonly NamedStep[], mostSteps = Infinity): string => {
  if (path.length > mostSteps)
    return `${renderSteps(path.slice(0, 3))} → … → ${renderSteps(path.slice(4 - mostSteps))}`;
  return renderSteps(path);
};

const renderSteps = (path: readonly NamedStep[]): string =>
  path.map((step, index) => (index === 0 ? escapeText(step.name) : hop(step, index === path.length - 1))).join('');

/** Names of plain objects and arrays are left out: `global.a.b[0]` instead of `global.a → Object.b → Array[0]`. */
const isPlain = (name: string): boolean => name === 'Object' || name === 'Array';

const hop = (step: NamedStep, last: boolean): string => {
  const name = step.kind !== 'word' && isPlain(step.name) && !last ? '' : ` → ${escapeText(step.name)}`;
  return edgeText(step) + name;
};

const edgeText = (step: NamedStep): string => {
  const label = escapeText(step.label);
  if (label === '' || step.kind === 'element') return label;
  if (step.kind === 'word') return ` → ${label}`;
  const symbol = /^<symbol (.*)>$/.exec(label);
  if (symbol !== null) return `[Symbol(${symbol[1]})]`;
  return /^[#\p{L}_$][\p{L}\p{N}_$]*$/u.test(label) ? `.${label}` : `[${JSON.stringify(label)}]`;
};
