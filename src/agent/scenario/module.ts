/**
 * A scenario's module: what it must export, and how it is loaded. JavaScript (ES module or CommonJS), and TypeScript if
 * this Node runs it. Throws `bad-argument` if the file is not a scenario.
 */
import { pathToFileURL } from 'node:url';
import { MemwatchError } from '../../errors.js';
import type { ScenarioDescription } from './messages.js';

export interface Scenario extends Omit<ScenarioDescription, 'body'> {
  readonly setup: () => unknown;
  readonly iterate: (context: unknown, i: number) => unknown;
  readonly teardown: (context: unknown) => unknown;
  /** The function that `iterate` calls. */
  readonly body: unknown;
}

const contract =
  'a scenario exports iterate(context, i), and optionally setup(), teardown(context), iterations, limits';
const limitNames = ['maxGrowth', 'maxHeap', 'maxPause', 'maxWaste'] as const;

/** Imports the module and checks its exports. Errors of the module itself are passed on unchanged. */
export const loadScenario = async (file: string): Promise<Scenario> => {
  const module: unknown = await import(pathToFileURL(file).href);
  const exported = exportsOf(module);
  const { setup, iterate, teardown, iterations } = exported;
  if (typeof iterate !== 'function') {
    throw new MemwatchError('bad-argument', `${file} exports no function iterate`, { hint: contract });
  }
  if (iterations !== undefined && !isCount(iterations)) {
    throw new MemwatchError('bad-argument', `${file}: iterations must be a whole number above 0`, { hint: contract });
  }
  return {
    setup: functionOr(setup, file, 'setup'),
    iterate: (context, i) => Reflect.apply(iterate, exported, [context, i]),
    teardown: functionOr(teardown, file, 'teardown'),
    body: iterate,
    iterations: iterations ?? null,
    limits: readLimits(exported['limits'], file),
  };
};

/** CommonJS and `export default { iterate }` put everything into `default`. */
const exportsOf = (module: unknown): Record<string, unknown> => {
  const named = isRecord(module) ? module : {};
  const whole = named['default'];
  return named['iterate'] === undefined && isRecord(whole) ? whole : named;
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

const functionOr = (value: unknown, file: string, name: string): ((context?: unknown) => unknown) => {
  if (value === undefined) return () => undefined;
  if (typeof value === 'function') return (context) => Reflect.apply(value, undefined, [context]);
  throw new MemwatchError('bad-argument', `${file}: ${name} is not a function`, { hint: contract });
};

const readLimits = (value: unknown, file: string): Record<string, string | number> => {
  if (value === undefined) return {};
  const limits: Record<string, string | number> = {};
  for (const [name, limit] of Object.entries(isRecord(value) ? value : {})) {
    const known = (limitNames as readonly string[]).includes(name);
    if (!known || (typeof limit !== 'string' && typeof limit !== 'number')) {
      throw new MemwatchError('bad-argument', `${file}: limits.${name} cannot be used`, {
        hint: `limits can contain ${limitNames.join(', ')}, such as { maxGrowth: '1mb', maxPause: '50ms' }`,
      });
    }
    limits[name] = limit;
  }
  return limits;
};
