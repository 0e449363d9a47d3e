/**
 * What can happen to the screen, and what it can ask for. Events come from the terminal, from the provider and as its
 * replies; a step is the state after one event, with the effects to carry out.
 */
import type { ProviderEvent, SaveFormat, TargetAction } from './provider.js';
import type { Detail } from './detail.js';
import type { Page } from './lists.js';
import type { State } from './state.js';

export type UiEvent =
  | { readonly type: 'key'; readonly key: string }
  | {
      readonly type: 'mouse';
      readonly action: 'press' | 'wheelUp' | 'wheelDown';
      readonly x: number;
      readonly y: number;
    }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  /** Rows that were requested; `listKey` names their list. */
  | { readonly type: 'page'; readonly key: string; readonly page: Page }
  | { readonly type: 'detail'; readonly key: string; readonly detail: Detail }
  | { readonly type: 'estimated'; readonly action: TargetAction; readonly lines: readonly string[] | undefined }
  | { readonly type: 'working'; readonly text: string }
  /** A recording is played, and the next reading is due. */
  | { readonly type: 'played' }
  /** How long the action on the target has been running. */
  | { readonly type: 'elapsed'; readonly seconds: number }
  | { readonly type: 'done'; readonly text: string; readonly endsWork: boolean }
  /** An action or a request to the provider failed. */
  | { readonly type: 'error'; readonly message: string; readonly endsWork: boolean }
  /** The user stopped an action. */
  | { readonly type: 'stopped'; readonly message: string }
  | ProviderEvent;

export type Effect =
  | { readonly effect: 'quit' }
  | { readonly effect: 'fail'; readonly message: string; readonly hint: string | undefined }
  | { readonly effect: 'suspend' }
  | { readonly effect: 'copy'; readonly text: string }
  | { readonly effect: 'estimate'; readonly action: TargetAction }
  | { readonly effect: 'run'; readonly action: TargetAction }
  | { readonly effect: 'cancel' }
  | { readonly effect: 'save'; readonly format: SaveFormat }
  | { readonly effect: 'thread'; readonly id: string }
  /** Sends `played` again and again, or no longer. */
  | { readonly effect: 'play'; readonly on: boolean };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export const step = (state: State, ...effects: readonly Effect[]): Step => ({ state, effects });
