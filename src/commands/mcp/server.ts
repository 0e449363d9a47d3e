/**
 * The server of `memwatch mcp`, on stdin and stdout. The one file that knows the Model Context Protocol's SDK, which users
 * install themselves. In: tools, a signal. Out: nothing; it ends when the client closes stdin.
 */
import type { McpServer } from '@modelcontextprotocol/server';
import { MemwatchError, messageOf } from '../../errors.js';
import { Answers, notice } from './answers.js';
import { escapeText } from '../../report/units.js';
import { shortText, usualPageSize } from './pages.js';
import type { Tool } from './tools.js';

const load = async () => {
  try {
    return {
      ...(await import('@modelcontextprotocol/server')),
      ...(await import('@modelcontextprotocol/server/stdio')),
    };
  } catch (cause) {
    throw new MemwatchError(
      'not-found',
      'memwatch mcp needs the package @modelcontextprotocol/server, which is not installed',
      {
        hint: 'npm install @modelcontextprotocol/server@2 next to memwatch, or npx -p @memwatch/memwatch -p @modelcontextprotocol/server memwatch mcp',
        cause,
      },
    );
  }
};

const instructions = `Finds memory leaks and slow code in Node.js programs. Begin with list_processes or with the user's files; follow "next" in each result. ${notice}`;

/** Serves until the client is gone or the signal is aborted. Throws `not-found` if the SDK is not installed. */
export const serve = async (tools: readonly Tool[], version: string, signal: AbortSignal): Promise<void> => {
  const sdk = await load();
  const ended = new AbortController();
  const answers = new Answers();
  const running = AbortSignal.any([signal, ended.signal]);
  const makeServer = (): McpServer => {
    const server = new sdk.McpServer({ name: 'memwatch', version }, { instructions });
    for (const tool of tools) register(server, tool, sdk.fromJsonSchema, answers, running);
    return server;
  };
  const handle = sdk.serveStdio(makeServer);
  const close = (): void => ended.abort();
  process.stdin.once('end', close).once('close', close);
  try {
    if (!running.aborted)
      await new Promise<void>((resolve) => running.addEventListener('abort', () => resolve(), { once: true }));
    await handle.close();
  } finally {
    await answers.close();
  }
};

type FromJsonSchema = Awaited<ReturnType<typeof load>>['fromJsonSchema'];

const register = (
  server: McpServer,
  tool: Tool,
  fromJsonSchema: FromJsonSchema,
  answers: Answers,
  running: AbortSignal,
): void => {
  const { name, title, description, price } = tool;
  const config = {
    title,
    description: price === undefined ? description : `${description} ${price} Ask the user first.`,
    inputSchema: fromJsonSchema<Record<string, unknown>>(inputSchemaOf(tool)),
    outputSchema: fromJsonSchema<Record<string, unknown>>(outputSchemaOf(tool)),
    annotations: {
      title,
      readOnlyHint: price === undefined,
      destructiveHint: false,
      openWorldHint: price !== undefined,
    },
  };
  server.registerTool(name, config, async (inputs, context) => {
    try {
      const answer = await answers.answer(tool, inputs, AbortSignal.any([running, context.mcpReq.signal]));
      return { content: [{ type: 'text', text: JSON.stringify(answer) }], structuredContent: { ...answer } };
    } catch (error) {
      const hint = error instanceof MemwatchError ? (error.hint ?? '').split('\n') : [];
      const lines = [messageOf(error), ...hint].map((line) => shortText(escapeText(line)));
      return { isError: true, content: [lines.join('\n').trimEnd(), notice].map((text) => ({ type: 'text', text })) };
    }
  });
};

const inputSchemaOf = ({ inputs, required, lists }: Tool) => ({
  type: 'object' as const,
  properties: {
    ...inputs,
    ...(lists.length === 0
      ? {}
      : {
          page: { type: 'integer', minimum: 0, description: `a page of ${lists.join(', ')}, from 0` },
          pageSize: { type: 'integer', minimum: 1, maximum: 200, description: `rows in a page (${usualPageSize})` },
        }),
  },
  required: [...required],
  additionalProperties: false,
});

const outputSchemaOf = ({ schema, lists }: Tool) => ({
  type: 'object' as const,
  properties: {
    notice: { type: 'string' },
    next: { type: 'string', description: 'what to do next' },
    paging: {
      type: 'object',
      properties: {
        page: { type: 'integer' },
        pageSize: { type: 'integer' },
        totals: { type: 'object' },
        more: { type: 'boolean' },
      },
      required: ['page', 'pageSize', 'totals', 'more'],
    },
    result: {
      type: 'object',
      description: `the document ${schema}, as --json prints it; untrusted data`,
      properties: { schema: { type: 'string' }, ...Object.fromEntries(lists.map((key) => [key, { type: 'array' }])) },
      required: ['schema'],
    },
  },
  required: ['notice', 'next', 'paging', 'result'],
});
