/**
 * Completion scripts for bash, zsh and fish. In: what every command takes. Out: the script. Commands, options and their
 * choices stand in the script itself, so that Tab does not start memwatch; only processes are asked for, by
 * `memwatch completion targets`.
 */
import type { CommandUsage, OptionUsage } from './usage.js';

export const completionScripts: Readonly<Record<string, (usages: readonly CommandUsage[]) => string>> = {
  bash: (usages) => bashScript(usages),
  zsh: (usages) => zshScript(usages),
  fish: (usages) => fishScript(usages),
};

const flagsOf = ({ name, letter }: OptionUsage): string[] => [
  `--${name}`,
  ...(letter === undefined ? [] : [`-${letter}`]),
];

const bashScript = (usages: readonly CommandUsage[]): string => {
  const targets = usages.filter(({ takesTarget }) => takesTarget).map(({ name }) => name);
  return `# bash completion of memwatch: eval "$(memwatch completion bash)"
_memwatch() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] || { command=\${COMP_WORDS[i]}; break; }
  done
  case "$command $before" in
${usages.flatMap(bashChoices).join('\n')}
  esac
  if [[ -z $command ]]; then
    words="${usages.map(({ name }) => name).join(' ')} --help --version"
  elif [[ -z $words && $word == -* ]]; then
    case "$command" in
${usages.map(bashOptions).join('\n')}
    esac
  elif [[ -z $words && $before != -* ]]; then
    case "$command" in
      ${targets.join(' | ')}) words=$(memwatch completion targets 2>/dev/null | cut -f1) ;;
      completion) words="${Object.keys(completionScripts).join(' ')}" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -o default -F _memwatch memwatch
`;
};

const bashChoices = ({ name, options }: CommandUsage): string[] =>
  options
    .filter(({ choices }) => choices.length > 0)
    .map((option) => {
      const cases = flagsOf(option).map((flag) => `"${name} ${flag}"`);
      return `    ${cases.join(' | ')}) words="${option.choices.join(' ')}" ;;`;
    });

const bashOptions = ({ name, options }: CommandUsage): string =>
  `      ${name}) words="${options.flatMap(flagsOf).join(' ')}" ;;`;

/** A text inside single quotes of zsh, in which brackets and colons mean something to _arguments. */
const inZsh = (text: string): string => text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, (letter) => `\\${letter}`);

const zshOption = (option: OptionUsage): string[] => {
  const values = option.choices.length > 0 ? `(${option.choices.join(' ')})` : '_files';
  const value = option.takesValue ? `:value:${values}` : '';
  return flagsOf(option).map((flag) => `      '${flag}[${inZsh(option.describe)}]${value}'`);
};

const zshScript = (usages: readonly CommandUsage[]): string => {
  const cases = usages.map(({ name, takesTarget, options }) => {
    const rest = takesTarget
      ? '_memwatch_targets'
      : name === 'completion'
        ? `(${Object.keys(completionScripts).join(' ')})`
        : '_files';
    const lines = [...options.flatMap(zshOption), `      '*:argument:${rest}'`];
    return `    ${name}) _arguments \\\n${lines.join(' \\\n')} ;;`;
  });
  return `#compdef memwatch
# zsh completion of memwatch: memwatch completion zsh > a folder of $fpath/_memwatch, or eval "$(memwatch completion zsh)"
_memwatch_targets() {
  local -a targets
  targets=("\${(@f)$(memwatch completion targets 2>/dev/null | sed 's/:/\\\\:/g' | tr '\\t' ':')}")
  _describe process targets
  _files
}
_memwatch() {
  local -a commands
  commands=(
${usages.map(({ name, describe }) => `    '${name}:${inZsh(describe)}'`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
# a file of $fpath is run for the first Tab, and has to answer it
if [[ $funcstack[1] = _memwatch ]]; then _memwatch "$@"; else compdef _memwatch memwatch; fi
`;
};

const inFish = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const fishScript = (usages: readonly CommandUsage[]): string => {
  const lines = usages.flatMap(({ name, describe, takesTarget, options }) => {
    const inside = `complete -c memwatch -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c memwatch -n __fish_use_subcommand -f -a ${name} -d ${inFish(describe)}`,
      ...(takesTarget ? [`${inside} -a '(memwatch completion targets 2>/dev/null)'`] : []),
      ...(name === 'completion' ? [`${inside} -f -a '${Object.keys(completionScripts).join(' ')}'`] : []),
      ...options.map((option) => {
        const letter = option.letter === undefined ? '' : ` -s ${option.letter}`;
        const value =
          option.choices.length > 0 ? ` -x -a '${option.choices.join(' ')}'` : option.takesValue ? ' -r' : '';
        return `${inside} -l ${option.name}${letter}${value} -d ${inFish(option.describe)}`;
      }),
    ];
  });
  return ['# fish completion of memwatch: memwatch completion fish | source', ...lines, ''].join('\n');
};
