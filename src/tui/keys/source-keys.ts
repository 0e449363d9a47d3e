/** Keys of the source view: moving, and jumping from one hot line to the next. Pure. */
import { sourceHeight } from '../rows/layout.js';
import { hotLines } from '../state/hot-lines.js';
import { movement } from '../state/movement.js';
import { nextPlace, openFinding } from '../state/places.js';
import type { SourceDetail } from '../state/detail.js';
import { withFront, type State } from '../state/state.js';
import type { SourceView } from '../state/views.js';

export const sourceKeyPressed = (state: State, view: SourceView, key: string): State | undefined => {
  if (key === 'p' && view.finding !== undefined) {
    return openFinding(state, view.finding.finding, nextPlace(view.finding.finding, view.finding.chosen));
  }
  const source = view.source;
  if (source === undefined) return undefined;
  if (key === 'n' || key === 'N') return nextHot(state, view, source, key === 'n' ? 1 : -1);
  if (key === 'right' || key === 'l') return withFront(state, { ...view, left: view.left + sideStep });
  if (key === 'left' || key === 'h') return withFront(state, { ...view, left: Math.max(0, view.left - sideStep) });
  const cursor = movement(key, view.cursor, sourceHeight(state), source.lines?.length ?? 1);
  return cursor === undefined ? undefined : withFront(state, scrolledSource(state, { ...view, cursor }));
};

const sideStep = 16;

/** Keeps the cursor within the file, and on the screen with some lines around it. */
export const scrolledSource = (state: State, view: SourceView): SourceView => {
  const height = sourceHeight(state);
  const last = Math.max(0, (view.source?.lines?.length ?? view.cursor + 1) - 1);
  const cursor = Math.max(0, Math.min(view.cursor, last));
  const margin = Math.min(3, (height - 1) >> 1);
  const first = Math.min(view.top, cursor - margin);
  const needed = Math.max(first, cursor + margin - height + 1);
  return { ...view, cursor, top: Math.max(0, Math.min(needed, last - height + 1)) };
};

/** When a file is first shown, the requested line is in the middle. */
export const centeredSource = (state: State, view: SourceView): SourceView =>
  scrolledSource(state, { ...view, top: view.cursor - (sourceHeight(state) >> 1) });

const nextHot = (state: State, view: SourceView, source: SourceDetail, step: 1 | -1): State => {
  const hot = hotLines(source);
  const now = hot.findIndex((cost) => cost.line === view.cursor + 1);
  const at = now < 0 ? (step > 0 ? 0 : hot.length - 1) : (now + step + hot.length) % hot.length;
  const next = hot[at];
  if (next === undefined) return { ...state, notice: { text: 'no line of this file was measured', style: 'warn' } };
  const notice = { text: `line ${next.line}: hot line ${at + 1} of ${hot.length}`, style: 'good' as const };
  return { ...withFront(state, scrolledSource(state, { ...view, cursor: next.line - 1 })), notice };
};
