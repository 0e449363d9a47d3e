/**
 * A screen as a file: its lines as text, in Markdown, or as an HTML page. In: lines of escaped text. Out: name and
 * content.
 */
import { namedCapture } from '../../capture-file.js';
import { escapeHtml } from '../../../report/units.js';
import type { SaveFormat } from '../../../tui/state/provider.js';

export const savedScreen = (
  format: SaveFormat,
  title: string,
  lines: readonly string[],
  at: Date,
): { file: string; text: string } => {
  const extension = { text: 'txt', markdown: 'md', html: 'html' }[format];
  const file = namedCapture('screen', extension, at);
  const body = lines.join('\n').trimEnd();
  const when = at.toISOString();
  switch (format) {
    case 'text':
      return { file, text: `${body}\n\nmemwatch ${title}, ${when}\n` };
    case 'markdown':
      return { file, text: `# memwatch ${title}\n\n${when}\n\n\`\`\`text\n${body}\n\`\`\`\n` };
    case 'html':
      return { file, text: page(title, when, body) };
  }
};

const page = (title: string, when: string, body: string): string => `<!doctype html>
<meta charset="utf-8">
<title>memwatch ${escapeHtml(title)}</title>
<style>body { margin: 2em; font: 14px system-ui } pre { font: 13px/1.25 ui-monospace, monospace }</style>
<h1>memwatch ${escapeHtml(title)}</h1>
<p>${when}</p>
<pre>${body.split('\n').map(escapeHtml).join('\n')}</pre>
`;
