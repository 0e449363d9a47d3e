/** The call that adds a listener, found in the text of the program by the function's name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findListening } from '#memwatch/analyzer/growth/code/listening.js';

const lineOf = (source: string, name = 'onClose', at = { line: 0, column: 0 }): number | undefined => {
  const found = findListening(source, name, at);
  return found && found.line + 1;
};

test('the one call that adds the function is the place', () => {
  const handler = 'function handle(request) {\n  const onClose = () => request.end();\n';
  assert.equal(lineOf(`${handler}  request.socket.on('close', onClose);\n}`), 3);
  assert.equal(lineOf("class A {\n  onClose() {}\n  open() { bus.once('close', this.onClose.bind(this)); }\n}"), 3);
  assert.equal(lineOf("function onClose() {}\nsignal.addEventListener('abort', onClose, { once: true });"), 2);
});

test('a function without a name has that of what it is assigned to', () => {
  const open = 'function open() {\n  this.onExit = function () { this.end(); }.bind(this);\n';
  const close = "  this.onClose = () => {};\n  process.on('exit', this.onExit);\n}";
  assert.equal(lineOf(open + close, '', { line: 1, column: 25 }), 4);
  assert.equal(lineOf(open + close, '', { line: 2, column: 17 }), undefined);
});

test('a bound copy of a function is found under the name of the copy', () => {
  const open = "open() { this.catcher = this.onClose.bind(this);\n process.on('exit', this.catcher); }";
  assert.equal(lineOf(`class A {\n${open}\nonClose() {}\n}`), 3);
});

test('none, if no call or several calls add it', () => {
  assert.equal(lineOf("function onClose() {}\nbus.off('close', onClose);\nmap.set('close', onClose);"), undefined);
  assert.equal(lineOf("a.on('close', onClose);\nb.on('close', onClose);"), undefined);
  assert.equal(lineOf("a.on('close', () => {});", ''), undefined);
  assert.equal(lineOf('not } a program'), undefined);
});
