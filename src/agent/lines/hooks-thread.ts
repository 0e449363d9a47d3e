/**
 * The loader hooks of a Node without module.registerHooks: run in Node's own thread for hooks. ES modules alone: giving a
 * text for CommonJS here would take another way of loading it, with another `require`.
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
