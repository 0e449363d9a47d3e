/** `memwatch completion <shell>`: the completion script of a shell. The scripts themselves call `completion targets`. */
import { listCandidates } from '../agent/attach/candidates.js';
import { describeCandidate } from '../agent/attach/target.js';
import { escapeText } from '../report/units.js';
import type { Command } from './io.js';
import { completionScripts } from './manual/completion-scripts.js';
import { readUsages } from './manual/usage.js';

const shells = Object.keys(completionScripts);

export const completionCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('shell', {
        choices: [...shells, 'targets'],
        describe: 'targets: the processes, as the scripts show them',
      })
      .example('eval "$($0 completion bash)"', 'in ~/.bashrc; the same for zsh in ~/.zshrc')
      .example('$0 completion fish | source', 'in ~/.config/fish/config.fish'),
  async run(args, io) {
    const render = completionScripts[String(args['shell'])];
    if (render !== undefined) return io.line(render(await readUsages()));
    for (const candidate of listCandidates()) io.line(escapeText(describeCandidate(candidate)).replace(' ', '\t'));
  },
};
