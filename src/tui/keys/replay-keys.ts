/**
 * Keys of a recording: which moment the screen shows, and playing. In: a state that shows a recording. Out: the next step.
 * Pure: app.ts has the clock.
 */
import { step, type Step } from '../state/events.js';
import { movement } from '../state/movement.js';
import type { Replay } from '../state/provider.js';
import type { State } from '../state/state.js';

type Replaying = State & { readonly replay: NonNullable<State['replay']> };

export const isReplay = (state: State): state is Replaying => state.replay !== undefined;

/** A recording of any length is played in half a minute. */
const stepsOfPlay = 300;
const pagesOfRecording = 10;

/** Shows the end, and with it the whole. */
export const openReplay = (state: State, replay: Replay): Step => {
  const isPlaying = state.replay?.isPlaying === true; // of another thread
  return play(
    momentShown({ ...state, tab: 'live', work: undefined, replay: { ...replay, isPlaying } }, Infinity),
    false,
  );
};

/** undefined if the key means nothing here. */
export const replayKeyPressed = (state: Replaying, key: string): Step | undefined => {
  if (key === ' ') return play(isAtEnd(state) ? momentShown(state, 0) : state, !state.replay.isPlaying);
  const count = state.replay.readings.length;
  const to = movedMoment(key, state.readings.length - 1, count);
  return to === undefined ? undefined : play(momentShown(state, to), false);
};

/** While it is played: the next moment. */
export const playedOn = (state: Replaying): Step => {
  const by = Math.max(1, Math.round(state.replay.readings.length / stepsOfPlay));
  const next = momentShown(state, state.readings.length - 1 + by);
  return isAtEnd(next) ? play(next, false) : step(next);
};

const movedMoment = (key: string, at: number, count: number): number | undefined => {
  if (key === 'left' || key === 'h') return at - 1;
  if (key === 'right' || key === 'l') return at + 1;
  return movement(key, at, Math.max(1, Math.round(count / pagesOfRecording)), count);
};

const isAtEnd = ({ readings, replay }: Replaying): boolean => readings.length === replay.readings.length;

const play = (state: Replaying, on: boolean): Step => {
  const next = { ...state, replay: { ...state.replay, isPlaying: on } };
  return on === state.replay.isPlaying ? step(next) : step(next, { effect: 'play', on });
};

/** `at`: the number of the last reading that the screen knows, which is kept within the recording. */
const momentShown = (state: Replaying, at: number): Replaying => {
  const { replay } = state;
  const readings = replay.readings.slice(0, Math.max(0, Math.min(at, replay.readings.length - 1)) + 1);
  const nowMs = readings.at(-1)?.timeMs ?? 0;
  return { ...state, readings, memory: replay.memory.findLast(({ timeMs }) => timeMs <= nowMs) };
};
