/** `memwatch export <file> --to FORMAT`: a profile in another format, for other tools and other people. */
import type { ExportDocument } from '../analyzer/model/printed-documents.js';
import { basename } from 'node:path';
import { computeInclusive, isIdle } from '../analyzer/cost/functions.js';
import { computeCostTable } from '../analyzer/cost/table.js';
import { writeCollapsed } from '../analyzer/formats/collapsed.js';
import { readCostDocument } from '../analyzer/formats/documents/cost-document.js';
import { writePprof } from '../analyzer/formats/pprof.js';
import { writeSpeedscope } from '../analyzer/formats/speedscope.js';
import type { CostTable } from '../analyzer/model/cost.js';
import type { Profile } from '../analyzer/model/profile.js';
import { MemwatchError } from '../errors.js';
import { renderCostMarkdown } from '../report/cost-markdown.js';
import { renderFlamegraphPage } from '../report/flamegraph/page.js';
import { flamegraphStart, renderFlamegraphSvg } from '../report/flamegraph/svg.js';
import { pageStart } from '../report/page/html.js';
import { escapeText } from '../report/units.js';
import { writeOutput, type OutputOptions } from '../files/output.js';
import { isOwnStdout, readCaptureBytes } from './capture-file.js';
import type { Arguments, Command, Io } from './io.js';
import { openProfile } from './profile-file.js';
import { exportParquet } from './query/parquet.js';
import { typeOption, wantedType } from './file-options.js';
import { showType } from './profile-type.js';

/** Each format with its file extension, and how such a file begins. */
const formats = {
  // oxlint-disable-next-line no-control-regex -- gzip files begin with it
  pprof: { extension: '.pb.gz', start: /^\x1f\x8b/ },
  speedscope: { extension: '.speedscope.json', start: /^\{"\$schema":"https:\/\/www\.speedscope\.app\// },
  collapsed: { extension: '.collapsed.txt', start: /^# unit: / },
  svg: { extension: '.svg', start: flamegraphStart },
  html: { extension: '.html', start: pageStart },
  parquet: { extension: '.parquet', start: /^PAR1/ },
  md: { extension: '.md', start: /^# [^\n]*\n\n[^\n]* in [\d,]+ functions\.\n/ },
} as const;
type Format = keyof typeof formats;
const isFormat = (name: string): name is Format => name in formats;

export const exportCommand: Command = {
  builder: (yargs) =>
    typeOption(yargs)
      .positional('file', {
        type: 'string',
        describe:
          'a profile in any format that memwatch reads; for md also a --json result; for parquet a heap snapshot',
      })
      .option('to', { choices: Object.keys(formats), demandOption: true, describe: 'format' })
      .option('output', {
        alias: 'o',
        type: 'string',
        describe:
          'file to write, or - for stdout; for parquet a folder (default: next to the capture); replaces an earlier export',
      })
      .option('overwrite', { type: 'boolean', describe: 'replace any file' })
      .option('limit', { type: 'number', default: 40, describe: 'rows in each table of md' })
      .example('$0 export app.cpuprofile --to html', 'one HTML page: a flame graph with zoom and search')
      .example(
        '$0 export app.heapsnapshot --to parquet -o tables',
        'nodes, edges, classes… as files for other databases',
      )
      .example('$0 export app.cpuprofile --to pprof && go tool pprof -top app.pb.gz', 'for the pprof tool'),
  run: runExport,
};

async function runExport(args: Arguments, io: Io): Promise<void> {
  const file = String(args['file']);
  const to = String(args['to']);
  if (!isFormat(to)) throw new MemwatchError('bad-argument', `unknown format: ${to}`);
  io.endAtOnce();
  const output = String(args['output'] ?? file.replace(/(\.[^./\\]*)?$/, '') + formats[to].extension);
  const overwrite = args['overwrite'] === true;
  const bytes =
    to === 'parquet'
      ? await exportParquet(file, output, overwrite, io)
      : write(await convert(file, to, args, io), output, { overwrite, earlier: formats[to].start });
  if (bytes === undefined) return;
  const document: ExportDocument = { schema: 'memwatch/export@1', file: output, format: to, bytes };
  io.print(document, () => `wrote ${escapeText(output)}`);
}

/** How many bytes were written to a file; undefined if they went to stdout. */
const write = (content: string | Uint8Array, output: string, options: OutputOptions): number | undefined => {
  if (isOwnStdout(output)) {
    process.stdout.write(content);
    return undefined;
  }
  writeOutput(output, content, options);
  return content.length;
};

/** Throws `not-this-format`, `broken-file`, `bad-argument`. */
const convert = async (
  file: string,
  to: Exclude<Format, 'parquet'>,
  args: Arguments,
  io: Io,
): Promise<string | Uint8Array> => {
  const name = basename(file);
  const [limit, type] = [Number(args['limit']), wantedType(args)];
  const document = type === undefined ? readCostDocument(await readCaptureBytes(file), file) : undefined;
  if (document !== undefined) return markdownOf(document, to, name, limit);
  const profile = showType(await openProfile(file, io), type, file);
  if (to === 'pprof') return writePprof(profile);
  if (to === 'speedscope') return writeSpeedscope(profile, name);
  if (to === 'collapsed') return writeCollapsed(profile);
  const table = computeCostTable(profile);
  if (to === 'md') return markdownOf(table, to, name, limit);
  const options = {
    title: name,
    folder: process.cwd(),
    inclusive: computeBusy(profile),
    isHidden: isIdleIn(profile),
  };
  if (to === 'svg') return renderFlamegraphSvg(profile, options);
  const { unit, whole, functions, lines } = table;
  const lineRows = lines
    .filter(({ inlined }) => !inlined)
    .map((row) => ({ ...row, name: row.function, total: row.self }));
  return renderFlamegraphPage(profile, { ...options, unit, whole, functions, lines: lineRows });
};

/** A --json result holds tables but no call tree, so it can only become other tables. */
const markdownOf = (table: CostTable, to: Format, title: string, limit: number): string => {
  if (to !== 'md') {
    throw new MemwatchError('bad-argument', `a --json result holds no call tree, which ${to} needs`, {
      hint: 'export a profile saved with -o, or export this result with --to md',
    });
  }
  const own = table.unit === 'bytes' ? 'allocated' : table.unit === 'microseconds' ? 'own time' : 'own samples';
  return renderCostMarkdown(table, { title, folder: process.cwd(), own, limit: limit > 0 ? limit : Infinity });
};

/** Inclusive values without idle time, which would be most of a flame graph. */
const computeBusy = (profile: Profile): Float64Array => {
  const isIdleNode = isIdleIn(profile);
  return computeInclusive(
    profile,
    (profile.values[0]?.self ?? new Float64Array()).map((self, node) => (isIdleNode(node) ? 0 : self)),
  );
};

const isIdleIn =
  ({ frames, nodeFrame }: Profile) =>
  (node: number): boolean =>
    isIdle(frames[nodeFrame[node] ?? -1]?.name ?? '');
