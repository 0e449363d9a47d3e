import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDeclaration } from '#memwatch/analyzer/growth/code/declarations.js';

/** The declaration of `variable` that the function at the mark `@` refers to. */
const declared = (text: string, variable: string): string => {
  const at = text.indexOf('@');
  const before = text.slice(0, at).split('\n');
  const source = text.replace('@', '');
  const found = findDeclaration(source, variable, { line: before.length - 1, column: before.at(-1)?.length ?? 0 });
  return found === undefined ? 'none' : source.split('\n')[found.line].slice(found.column);
};

test('the declaration that a function sees is the innermost around it', () => {
  assert.equal(
    declared('const cache = 1;\nfunction f() {\n  let cache = 2;\n  return @() => cache;\n}', 'cache'),
    'cache = 2;',
  );
  assert.equal(
    declared('const cache = 1;\nfunction g() {\n  let cache = 2;\n}\nconst h = @() => cache;', 'cache'),
    'cache = 1;',
  );
});

test('parameters, imports, classes, functions and patterns are declarations', () => {
  assert.equal(
    declared('function f(a, { b: [cache] }) { return @() => cache; }', 'cache'),
    'function f(a, { b: [cache] }) { return () => cache; }',
  );
  assert.equal(
    declared("import { x as cache } from 'y';\nexport const f = @() => cache;", 'cache'),
    "x as cache } from 'y';",
  );
  assert.equal(
    declared('const cache = 1;\ntry {} catch ({ cache }) { f(@() => cache); }', 'cache'),
    'catch ({ cache }) { f(() => cache); }',
  );
  assert.equal(declared('class Cache {}\nconst f = @() => Cache;', 'Cache'), 'class Cache {}');
  assert.equal(
    declared('const { a = 1, ...cache } = x;\nconst f = @() => cache;', 'cache'),
    '{ a = 1, ...cache } = x;',
  );
});

test('a variable that is not there, and a text that is no JavaScript, have no declaration', () => {
  assert.equal(declared('const a = @() => b;', 'b'), 'none');
  assert.equal(declared('this is @ no program', 'no'), 'none');
});
