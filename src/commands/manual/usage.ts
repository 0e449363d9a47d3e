/** What every command takes, as its own builder says. In: the commands. Out: plain values for completion scripts. */
import yargs from 'yargs';
import { commands } from '../index.js';

export interface OptionUsage {
  readonly name: string;
  /** One letter; undefined if it has none. */
  readonly letter: string | undefined;
  readonly describe: string;
  /** The words that it takes; empty for any word. */
  readonly choices: readonly string[];
  readonly takesValue: boolean;
}

export interface CommandUsage {
  readonly name: string;
  readonly describe: string;
  readonly takesTarget: boolean;
  readonly options: readonly OptionUsage[];
}

export const readUsages = (): Promise<CommandUsage[]> =>
  Promise.all(
    [...commands].map(async ([name, { describe, usage, load }]) => {
      const takesTarget = /[<[](targets?|source|what)\b/.test(usage);
      return { name, describe, takesTarget, options: optionsOf((await load()).builder) };
    }),
  );

const optionsOf = (builder: (from: ReturnType<typeof yargs>) => ReturnType<typeof yargs>): OptionUsage[] => {
  const built = builder(yargs([]).option('json', { type: 'boolean', describe: 'print one JSON document' }));
  const { key, choices, boolean, alias } = built.getOptions();
  const texts = built.getInternalMethods().getUsageInstance().getDescriptions();
  const positionals = new Set(built.getGroups()['Positionals:']);
  return Object.keys(key)
    .filter((name) => !positionals.has(name) && name !== 'version' && name.length > 1)
    .map((name) => ({
      name,
      letter: alias[name]?.find((one) => one.length === 1),
      describe: name === 'help' ? 'show help' : (texts[name] ?? ''),
      choices: (choices[name] ?? []).map(String),
      takesValue: !boolean.includes(name),
    }));
};
