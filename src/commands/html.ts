/**
 * `--html FILE` of the commands that make a report: the result as one page to send to other people. In: a document. Out: a
 * file. Contents of strings and keys of collections are left out unless `--values` asks for them.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import type { Argv } from 'yargs';
import { checkOutput, writeOutput } from '../files/output.js';
import { hideTokens, hideValues } from '../report/hide-values.js';
import { pageOf, type PageDocument } from '../report/page/documents.js';
import { pageStart, renderPage } from '../report/page/html.js';
import { escapeText } from '../report/units.js';
import { ownVersion } from './help.js';
import type { Arguments, Io } from './io.js';

export const htmlOptions = (yargs: Argv): Argv =>
  yargs
    .option('html', { type: 'string', describe: 'also write the result as one HTML page, to send to other people' })
    .option('overwrite', { type: 'boolean', describe: 'replace any file of that name, not only an earlier page' })
    .option('values', {
      type: 'boolean',
      describe: 'put contents of strings and keys of collections into that page, too: they may be secrets',
    });

/** Prints a document as `io.print` does, and writes the page that `--html` asks for. */
export type Print = (document: PageDocument, text: () => string) => void;

/** Throws `cannot-write` now rather than after the target was measured. */
export const printWithPage = (args: Arguments, io: Io): Print => {
  if (args['html'] === undefined) return (document, text) => io.print(document, text);
  const file = String(args['html']);
  const options = { overwrite: args['overwrite'] === true, earlier: pageStart };
  checkOutput(file, options);
  return (document, text) => {
    io.print(document, text);
    writeOutput(file, pageText(document, args), options);
    io.warn(`wrote ${escapeText(file)}`);
  };
};

/** One page next to other evidence, without values. `pid`: of the process that was measured. */
export const writePage = (file: string, document: PageDocument, pid: number | undefined): void =>
  writeOutput(file, pageText(document, { targets: pid === undefined ? ['a process on another machine'] : [pid] }));

const pageText = (document: PageDocument, args: Arguments): string => {
  const withValues = args['values'] === true;
  const shown = withValues ? document : hideValues(document);
  const page = pageOf(shown, process.cwd());
  const excerptOf = (file: string): readonly string[] | undefined =>
    withValues ? sourceOf(file) : sourceOf(file)?.map(hideTokens);
  return renderPage(page, { sourceOf: excerptOf, footer: footerOf(document, args, withValues) });
};

const footerOf = (document: PageDocument, args: Arguments, withValues: boolean): string[] => {
  const version = 'nodeVersion' in document ? document.nodeVersion : undefined;
  const target = [nameTarget(args), version == null ? '' : `Node.js ${version}`].filter((one) => one !== '').join(', ');
  return [
    `Made by memwatch ${ownVersion()} on Node.js ${process.version} (${process.platform} ${process.arch}), ${new Date().toISOString()}.`,
    ...(target === '' ? [] : [`Measured: ${target}.`]),
    withValues
      ? 'This page holds contents of strings and keys of collections, which may be secrets.'
      : 'Left out: contents of strings, keys of collections, arguments and environment of the process. Names and lines of the source code are shown.',
  ];
};

/** The target without what may be secret: the arguments of a program, and the id in an inspector's address. */
const nameTarget = (args: Arguments): string => {
  const named = [args['target'] ?? args['source'] ?? args['targets'] ?? args['files'] ?? []].flat().map(String);
  if (named.length === 0) return 'a program that memwatch started';
  return named
    .map((one) => (/^\d+(\/\d+)?$/.test(one) ? `process ${one}` : basename(one.replace(/^(wss?:\/\/[^/]*).*$/, '$1'))))
    .join(', ');
};

const sourceFile = /\.[cm]?[jt]sx?$/;
const mostBytes = 4 * 2 ** 20;

/** A target decides what its scripts are called: only regular files that are source code are read. */
const sourceOf = (file: string): readonly string[] | undefined => {
  try {
    const path = file.startsWith('file://') ? new URL(file) : file;
    const name = typeof path === 'string' ? path : path.pathname;
    if (!isAbsolute(name) || !sourceFile.test(name)) return undefined;
    const { size } = statSync(path);
    return size > mostBytes || !statSync(path).isFile() ? undefined : readFileSync(path, 'utf8').split(/\r?\n/);
  } catch {
    return undefined; // on another machine
  }
};
