/** What the terminal UI's screen lacks, from the data behind it. */
import type { Datasets } from '#memwatch/commands/tui/data/datasets.js';
import { update } from '#memwatch/tui/keys/update.js';
import { wantsOf } from '#memwatch/tui/keys/wants.js';
import type { UiEvent } from '#memwatch/tui/state/events.js';
import type { State } from '#memwatch/tui/state/state.js';

export const answered = async (state: State, data: Datasets): Promise<State> => {
  let next = state;
  for (const want of wantsOf(state)) {
    const event: UiEvent =
      want.want === 'rows'
        ? { type: 'page', key: want.key, page: await data.rows(want.query, want.order, want.window, () => true) }
        : { type: 'detail', key: want.key, detail: await data.detail(want.query) };
    next = update(next, event).state;
  }
  return next;
};
