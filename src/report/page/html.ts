/**
 * A report as one HTML page to send to other people: it needs no network and runs no script. In: a Page, and who made it.
 * Out: HTML; every text is escaped here and in blocks.ts.
 */
import { renderBlock } from './blocks.js';
import { pageStyle } from './style.js';
import type { Page, PageContext, Section } from './page.js';
import { escapeHtml } from '../units.js';

/** How each page of memwatch's begins, also that of a flame graph. */
export const pageStart =
  /^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n(<meta name="viewport"[^\n]*\n)?<meta http-equiv="Content-Security-Policy"/;

/** `title`, `style` and `body` are HTML already. `allowed`: what the page may use besides its own markup, in words of CSP. */
export const renderDocument = (title: string, allowed: string, style: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ${allowed}">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;

/** A library's script. No text in it may end the element that contains it. */
export const inlineScript = (text: string): string => `<script>${text.replace(/<\/script/gi, '<\\/script')}</script>`;

export const renderPage = (page: Page, context: PageContext): string => {
  const title = escapeHtml(page.title);
  const body = `<header class="${page.tone}"><p>${title}</p><h1>${escapeHtml(page.verdict)}</h1>
${page.reasons.map((reason) => `<p>${escapeHtml(reason)}</p>`).join('\n')}</header>
<main>
${page.sections.map((section) => renderSection(section, context)).join('\n')}
</main>
<footer>${context.footer.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</footer>`;
  return renderDocument(title, "style-src 'unsafe-inline'", pageStyle, body);
};

const renderSection = ({ title, blocks }: Section, context: PageContext): string =>
  `<section><h2>${escapeHtml(title)}</h2>\n${blocks.map((block) => renderBlock(block, context)).join('\n')}</section>`;
