/** The names that code had before a compiler renamed it, by a source map that a compiler wrote. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transformSync } from 'esbuild';
import { createCodeNames } from '#memwatch/analyzer/model/code-names.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';

const source = `export class Registry {
  #entries = new Map();
  constructor(private readonly size: number) {}
  add(value: object) { this.#entries.set(this.size, value); }
}
const handle = (value: object) => registry.add(value);
const registry = new Registry(2);
handle({});
function waits() { return 1; }
console.log(waits);`;

const compile = (minify: boolean) => {
  const { code, map } = transformSync(source, { loader: 'ts', sourcemap: 'external', minify, format: 'iife' });
  const script = { id: 3, url: 'file:///srv/a.js', sourceMap: map };
  const locator = createLocator({ schema: 'memwatch/scripts@1', nodeVersion: 'v24.0.0', scripts: [script] });
  /** In the code, a group of the pattern is the name; V8's place is where the match ends. */
  const originalOf = (pattern: RegExp, sourceOf: () => string | undefined = () => code): string | undefined => {
    const found = pattern.exec(code);
    assert.ok(found !== null, `${pattern} in ${code}`);
    const before = code.slice(0, found.index + found[0].length).split('\n');
    const at = { scriptId: '3', url: script.url, line: before.length - 1, column: before.at(-1)?.length ?? 0 };
    const kind = found[1]?.startsWith('#') === true ? 'member' : 'code';
    return createCodeNames(locator, sourceOf)(at, found[1] ?? '', kind)?.name;
  };
  return originalOf;
};

test('functions, classes and private members have their original names', () => {
  const originalOf = compile(true);
  assert.equal(originalOf(/class (\w){constructor(?=\()/), 'Registry');
  assert.equal(originalOf(/(?=.*(#\w)=new Map)class \w{constructor(?=\()/), '#entries');
  assert.equal(originalOf(/(\w)=(?=\(?\w\)?=>)/), 'handle');
  assert.equal(originalOf(/function (\w)(?=\(\){return 1})/), 'waits');
});

test('what no compiler renamed, and code whose text is not known, has no other name', () => {
  assert.equal(compile(true)(/(add)(?=\(\w\){)/), undefined);
  assert.equal(
    compile(true)(/function (\w)(?=\()/, () => undefined),
    undefined,
  );
  assert.equal(compile(false)(/function (waits)(?=\()/), undefined);
});
