/** The man page. In: the help of every command, as `memwatch COMMAND --help` prints it. Out: roff text for man(1). */
import { answerWithoutCommand, ownVersion } from '../help.js';
import { commands } from '../index.js';
import { createParser } from '../parser.js';

const columns = 72;

export const renderManPage = async (): Promise<string> => {
  const sections = await Promise.all(
    [...commands.keys()].map(async (name) => {
      const parser = await createParser([name], columns, async () => {});
      return `.SS memwatch ${name}\n${verbatim(await parser.getHelp())}`;
    }),
  );
  return `.TH MEMWATCH 1 "" "memwatch ${ownVersion()}" "User Commands"
.SH NAME
memwatch \\- find the line that costs the memory or the time, in a running Node.js process
.SH SYNOPSIS
.B memwatch
.I command
[arguments] [\\-\\- script.js arguments]
.SH DESCRIPTION
${verbatim(answerWithoutCommand(['--help'], columns))}
.SH COMMANDS
${sections.join('\n')}
.SH EXIT STATUS
0: fine. 1: a check found something. 2: memwatch could not do it; one line says what failed, the next what to do. 130: interrupted.
.SH SEE ALSO
README.md and docs/ of the package @memwatch/memwatch
`;
};

/** Text that man shows as it is. Other than ASCII is written as roff's own escapes: not every man knows UTF-8. */
const verbatim = (text: string): string => {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/[^\0-\x7f]/gu, unicodeEscape);
  const lines = escaped.split('\n');
  return ['.nf', ...lines.map((line) => (/^[.']/.test(line) ? `\\&${line}` : line)), '.fi'].join('\n');
};

const unicodeEscape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
};
