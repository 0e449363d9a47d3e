/** `memwatch mcp`: memwatch as a server for agents, by the Model Context Protocol. Only reads files unless it is allowed more. */
import { readFileSync } from 'node:fs';
import type { Command } from './io.js';
import { captureTools } from './mcp/capture-tools.js';
import { fileTools } from './mcp/file-tools.js';
import { serve } from './mcp/server.js';

export const mcpCommand: Command = {
  builder: (yargs) =>
    yargs
      .option('allow-captures', {
        type: 'boolean',
        describe: 'also offer tools that attach to processes; without this option memwatch only reads files',
      })
      .example('claude mcp add memwatch -- npx $0 mcp', 'for Claude Code: reads captures')
      .example('$0 mcp --allow-captures', 'the agent may also attach to processes of this user'),
  async run(args, io) {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    await serve(args['allow-captures'] === true ? [...fileTools, ...captureTools] : fileTools, version, io.signal);
  },
};
