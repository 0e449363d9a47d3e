/**
 * The loader hooks for a Node without module.registerHooks; they run in Node's own thread for hooks. Only for ES modules:
 * supplying the text of a CommonJS file here would make Node load it in another way, with another `require`.
 */
import { rewriteLoaded, type Loaded } from './hooks.js';
import type { Selector } from './selector.js';

let selectors: readonly Selector[] = [];

export const initialize = (data: readonly Selector[]): void => {
  selectors = data;
};

export const load = async (
  url: string,
  context: object,
  nextLoad: (url: string, context: object) => Promise<Loaded>,
): Promise<Loaded> => {
  const loaded = await nextLoad(url, context);
  return loaded.format === 'module' ? rewriteLoaded(loaded, url, selectors) : loaded;
};
