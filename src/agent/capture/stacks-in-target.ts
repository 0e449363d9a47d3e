/**
 * Stacks of calls, counted inside the target: part of what watches growth there. Sent as source text, so it uses nothing
 * from outside itself.
 */
import type { SeenFrame, SeenSite } from '../../analyzer/model/finding.js';

export interface Stacks {
  /** The site of the call to `within`; undefined if enough calls were looked at, or the program does not allow it. */
  siteOf(within: Function): SeenSite | undefined;
  sites(): SeenSite[];
}

/** `most` limits the cost: only this many calls are looked at. */
export function createStacks(most: number): Stacks {
  const sites = new Map<string, SeenSite>();
  let seen = 0;

  // The program may have its own Error.prepareStackTrace; it is replaced for this one call only, during which nothing else
  // runs.
  const framesAbove = (within: Function): SeenFrame[] => {
    const own = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    if (own !== undefined && !('value' in own && own.writable === true && own.configurable === true)) return [];
    const limit = Error.stackTraceLimit;
    const holder: { stack?: unknown } = {};
    try {
      Error.stackTraceLimit = 24;
      Error.prepareStackTrace = (_, calls) =>
        calls.map((call) => ({
          function: call.getFunctionName() ?? '',
          url: call.getFileName() ?? '',
          line: call.getLineNumber() ?? 0,
          column: call.getColumnNumber() ?? 0,
        }));
      Error.captureStackTrace(holder, within);
      return holder.stack as SeenFrame[];
    } finally {
      Error.stackTraceLimit = limit;
      if (own === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
      else Object.defineProperty(Error, 'prepareStackTrace', own);
    }
  };
  return {
    siteOf(within) {
      if (seen++ >= most) return undefined;
      const stack = framesAbove(within);
      const key = stack.map(({ url, line, column }) => `${url}:${line}:${column}`).join('\n');
      const known = sites.get(key);
      if (known !== undefined || sites.size >= 200) return known;
      const site = { stack, count: 0 };
      sites.set(key, site);
      return site;
    },
    sites: () => [...sites.values()],
  };
}
