/** Where the names of functions, classes and private members are written, by the places that V8 gives for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writtenNames } from '#memwatch/source/written-names.js';

/** The line and column of the name that is found for `name` at `place` of the text; the column is where `«` stands. */
const find = (marked: string, name: string, place: string): void => {
  const source = marked.replace('«', '');
  const position = (at: number): { line: number; column: number } => {
    const before = source.slice(0, at).split('\n');
    return { line: before.length - 1, column: before.at(-1)?.length ?? 0 };
  };
  const wanted = marked.includes('«') ? position(marked.indexOf('«')) : undefined;
  assert.deepEqual(writtenNames(source)(name, position(source.indexOf(place))), wanted, `${name} in ${source}`);
};

test('a declaration, an assignment or a property names the code behind it', () => {
  find('var a=1;function «f(x){return x}', 'f', '(x)');
  find('var a,«f=x=>x,b=2', 'f', 'x=>');
  find('let f;«f=async function(x){}', 'f', '(x)');
  find('var o={«f:function(x){}}', 'f', '(x)');
  find('class «E{constructor(x){}}', 'E', 'class');
  find('var E=1;{\n  let «E=class{a=1;constructor(x){}}}', 'E', '(x)');
});

test('the innermost one counts, and code of another name, or elsewhere, does not', () => {
  find('function f(){return function «f(x){}}', 'f', '(x)');
  find('function «f(){return function g(x){}}', 'f', '(x)');
  find('function g(x){}function f(y){}', 'f', '(x)');
  find('var f=1,g=x=>x', 'f', 'x=>');
  find('var f=', 'f', 'f');
});

test('a private member is that of the innermost class that has it', () => {
  find('class A{#o=1;b=class{«#o=2;c(x){}}}', '#o', '(x)');
  find('class A{«#o=1;b=class{#p=2;c(x){}}}', '#o', '(x)');
  find('var A=class{a=2;«#o=1}', '#o', 'class');
  find('class A{«#m(x){}}', '#m', '(x)');
  find('class A{o=1}', '#o', 'class');
});
