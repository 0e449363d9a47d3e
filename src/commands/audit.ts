/** `memwatch audit [lockfile]`: which installed releases are known to leak. Works offline, from a table inside memwatch. */
import type { AuditDocument } from '../analyzer/model/printed-documents.js';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { MemwatchError } from '../errors.js';
import { escapeText, formatThings } from '../report/units.js';
import type { Command } from './io.js';
import { findKnownLeaks } from './releases/findings.js';
import type { AuditFinding } from '../analyzer/model/printed-documents.js';
import { knownLeaks } from './releases/known-leaks.js';
import { lockfileNames, readLockfile, type InstalledPackage } from './releases/lockfile.js';
import { isVersion } from './releases/versions.js';

/** The kinds of finding that set exit code 1. */
const failures = { release: ['release'], any: ['release', 'use'], none: [] } as const;
type Failure = keyof typeof failures;
const isFailure = (text: string): text is Failure => text in failures;

export const auditCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('lockfile', {
        type: 'string',
        describe: `${lockfileNames.join(', ')} (default: the one in this folder)`,
      })
      .option('node', { type: 'string', describe: 'also check this version of Node' })
      .option('fail-on', {
        choices: Object.keys(failures),
        default: 'none',
        describe: 'exit code 1 if a release leaks; any: also if a package leaks only in a certain use',
      })
      .example('$0 audit', 'the lockfile of this folder')
      .example('$0 audit --node 22.11.0 --fail-on release', 'in CI: fail if a release is known to leak'),
  async run(args, io) {
    const file = args['lockfile'] === undefined ? findLockfile() : String(args['lockfile']);
    io.endAtOnce();
    const packages = readLockfile(file);
    const node = args['node'] === undefined ? [] : [nodeOf(String(args['node']))];
    const findings = findKnownLeaks([...node, ...packages]);
    const document: AuditDocument = {
      schema: 'memwatch/audit@1',
      file,
      packages: packages.length,
      known: knownLeaks.length,
      findings,
    };
    io.print(document, () => render(file, packages.length, findings));
    const failOn = String(args['fail-on']);
    const failing: readonly string[] = isFailure(failOn) ? failures[failOn] : [];
    return findings.some(({ kind }) => failing.includes(kind)) ? 1 : 0;
  },
};

/** Throws `bad-argument`. */
const findLockfile = (): string => {
  const file = lockfileNames.find((name) => existsSync(name));
  if (file !== undefined) return file;
  throw new MemwatchError('bad-argument', 'no lockfile in this folder', {
    hint: `name one: memwatch audit FILE (${lockfileNames.join(', ')})`,
  });
};

const nodeOf = (text: string): InstalledPackage => {
  const version = text.replace(/^v/, '');
  if (isVersion(version)) return { name: 'node', version };
  throw new MemwatchError('bad-argument', `--node ${text} is not a version`, {
    hint: 'give a full version, such as 22.11.0',
  });
};

const render = (file: string, count: number, findings: readonly AuditFinding[]): string => {
  const releases = findings.filter(({ kind }) => kind === 'release');
  const uses = findings.filter(({ kind }) => kind === 'use');
  const head = `${escapeText(basename(file))}: ${formatThings(count, 'package')}, ${releases.length} known to leak`;
  const more =
    uses.length === 0
      ? []
      : ['', 'These leak only when they are used in a certain way:', ...uses.flatMap(renderFinding)];
  return [head, ...releases.flatMap(renderFinding), ...more].join('\n');
};

const renderFinding = ({ package: name, version, grows, issue, firstGood, advice }: AuditFinding): string[] => {
  const update = firstGood === null ? 'no release is without it' : `update to ${firstGood} or later`;
  const next = advice === null ? update : `${update}${firstGood === null ? ':' : ', or'} ${advice}`;
  return ['', `  ${escapeText(name)} ${escapeText(version)}: ${grows}`, `    ${next}`, `    ${issue}`];
};
