/** Where names of functions, classes, private members and variables are written, by the places that V8 gives for code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TextPosition } from '#memwatch/source/syntax.js';
import { writtenNames, type WrittenNames } from '#memwatch/source/written-names.js';

/** What is found for `name` from the place of V8, which `¦` marks; `«` marks the place of the name, if there is one. */
const finds = (kind: keyof WrittenNames, marked: string, name: string): void => {
  const source = marked.replace(/[«¦]/g, '');
  const placeOf = (mark: string): TextPosition => {
    const other = mark === '«' ? '¦' : '«';
    const before = marked.slice(0, marked.indexOf(mark)).replace(other, '').split('\n');
    return { line: before.length - 1, column: before.at(-1)?.length ?? 0 };
  };
  const wanted = marked.includes('«') ? placeOf('«') : undefined;
  assert.deepEqual(writtenNames(source)[kind](name, placeOf('¦')), wanted, `${name} in ${marked}`);
};

test('a declaration, an assignment or a property names the code behind it', () => {
  finds('code', 'var a=1;function «f¦(x){return x}', 'f');
  finds('code', 'var a,«f=¦x=>x,b=2', 'f');
  finds('code', 'let f;«f=async function¦(x){}', 'f');
  finds('code', 'var o={«f:function¦(x){}}', 'f');
  finds('code', '¦class «E{constructor(x){}}', 'E');
  finds('code', 'var E=1;{\n  let «E=class{a=1;constructor¦(x){}}}', 'E');
});

test('code of another name, around the place or beside it, gives no name', () => {
  finds('code', 'function f(){return function «f¦(x){}}', 'f');
  finds('code', 'function f(){o.f=function¦(x){}}', 'f');
  finds('code', 'function f(){return function g¦(x){}}', 'f');
  finds('code', 'function g(x){}function f¦(y){}', 'g');
  finds('code', 'var f=1,g=¦x=>x', 'f');
  finds('code', 'var f=¦', 'f');
});

test('a private member is that of the class at the place', () => {
  finds('member', 'class A{#o=1;b=class{«#o=2;constructor¦(x){}}}', '#o');
  finds('member', 'class A{#o=1;b=class{#p=2;constructor¦(x){}}}', '#o');
  finds('member', 'var A=¦class{a=2;«#o=1}', '#o');
  finds('member', 'class A{#o=1}¦class B extends A{#p=1}', '#o');
  finds('member', 'class A{o=1;constructor¦(){}}', '#o');
});

test('a variable is one that the code sees around it, and not its own', () => {
  finds('variable', 'var «e=[];x.on(¦e=>e.trim())', 'e');
  finds('variable', 'var «e=[];function f¦(a){var e=1;return ()=>e}', 'e');
  finds('variable', 'function g(«e,b){return function¦(){return e}}', 'e');
  finds('variable', 'function g({a:{b:«e}}){return ¦()=>e}', 'e');
  finds('variable', 'function «e(){}var f=function¦(){return e}', 'e');
  finds('variable', 'try{}catch(«e){f(¦()=>e)}', 'e');
  finds('variable', 'for(let «e of x)f(¦()=>e)', 'e');
  finds('variable', 'import{a as «e}from"a";f(¦()=>e)', 'e');
  finds('variable', 'var «e=1;var A=¦class{f(){return e}}', 'e');
  finds('variable', 'function f(e){}var g=¦()=>e', 'e');
  finds('variable', 'var «e=1;class A{¦#o=e;f(e){}}', 'e');
});

test('which of several variables of one name is meant is not known', () => {
  finds('variable', 'var e=1;function g(e){return ¦()=>e}', 'e');
  finds('variable', 'var e=1;{let e=2;f(¦()=>e)}', 'e');
});

test('long chains of calls, and thousands of statements, take no time worth mentioning', () => {
  const chain = `var «e=1;x${'.add(1)'.repeat(1500)}.add(¦()=>e)`;
  finds('variable', chain, 'e');
  const many = Array.from({ length: 5000 }, (_, i) => `function f${i}(){}`).join('');
  for (let i = 0; i < 3; i++) finds('code', `${many}function «e¦(){}`, 'e');
});
