// memwatch's own code, which must not leak: instruments a source for `lines`, and looks for a declaration in a text.
import { parseSelector } from '../../dist/agent/lines/selector.js';
import { rewriteSource } from '../../dist/agent/lines/rewrite.js';
import { findDeclaration } from '../../dist/analyzer/growth/code/declarations.js';

export const iterate = (_, i) => {
  const source = `const kept${i} = new Map();\nexport function add(key) {\n  kept${i}.set(key, { at: ${i} });\n}\n`;
  rewriteSource(source, '/app/kept.mjs', 'module', [parseSelector('kept.mjs:add')]);
  findDeclaration(source, `kept${i}`, { line: 1, column: 10 });
};
