/**
 * What the program logs, past the agent's own inspector session. In: the program's console. Out: the same console, whose
 * calls cost what they cost without the agent.
 */
import process = require('node:process');

// as they are before the program's first line, which may replace them
const { console } = globalThis;
const { apply } = Reflect;

/** Whether others may be reading what the program logs. */
let isInspected = false;
const expectInspector = (): void => void (isInspected = true);

/** Loading Node's inspector takes some milliseconds, so it waits until the program has started. */
const lookAtInspectorFrom = 5;
let reads = 0;
const lookAtInspector = (): void => {
  if (++reads >= lookAtInspectorFrom) isInspected = process.getBuiltinModule('node:inspector').url() !== undefined;
};

/**
 * Node passes what is logged to every inspector session, where V8 keeps the last 1,000 messages with all that they hold,
 * and a call takes twice as long. The agent's own session has no use for that, so the calls go past it as long as no
 * inspector is open.
 */
const logPastSession = (): void => {
  isInspected = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((flags) => flags.includes('--inspect'));
  for (const [name, both] of Object.entries(console) as [string, unknown][]) {
    const own: unknown = Reflect.get(console.Console.prototype, name);
    if (typeof both !== 'function' || typeof own !== 'function') continue;
    const log = (...given: unknown[]): unknown => apply(isInspected ? both : own, console, given);
    Object.defineProperty(log, 'name', { value: name });
    Reflect.set(console, name, log);
  }
};

export = { expectInspector, lookAtInspector, logPastSession };
