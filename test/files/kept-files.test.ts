/** Files and folders that grow for a long time: what stays within a bound, what others may read, and messages between two memwatch. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemwatchError } from '#memwatch/errors.js';
import { keepNewest, keepWithin, makeOwnFolder, makePrivate } from '#memwatch/files/evidence-folder.js';
import { guarded } from '#memwatch/files/failure.js';
import { createGrowingFile } from '#memwatch/files/growing.js';
import { findListeners, openMailbox } from '#memwatch/files/messages.js';
import { checkSeries, prepareSeries } from '#memwatch/files/series.js';
import { temporaryFolder } from '../support/targets.js';

const isNumbered = /^\d+$/;

test('the newest of the names that match stay, and what is in use; other names are not touched', (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['10', '11', '12', '13', 'notes']) mkdirSync(join(folder, name));
  keepNewest(folder, isNumbered, 2, (name) => name === '10');
  assert.deepEqual(readdirSync(folder).toSorted(), ['10', '12', '13', 'notes']);
  keepNewest(folder, isNumbered, 5);
  assert.equal(readdirSync(folder).length, 4);
});

test('the oldest folders go until all fit; of the newest alone its largest files', (t) => {
  const folder = temporaryFolder(t);
  const write = (name: string, sizes: Readonly<Record<string, number>>): void => {
    mkdirSync(join(folder, name));
    for (const [file, size] of Object.entries(sizes)) writeFileSync(join(folder, name, file), Buffer.alloc(size));
  };
  write('1', { a: 400 });
  write('2', { a: 300 });
  write('3', { small: 100, large: 500 });
  keepWithin(folder, isNumbered, 950);
  assert.deepEqual(readdirSync(folder).toSorted(), ['2', '3']);
  keepWithin(folder, isNumbered, 200);
  assert.deepEqual(readdirSync(folder), ['3']);
  assert.deepEqual(readdirSync(join(folder, '3')), ['small']);
  keepWithin(join(folder, '3'), /^none$/, 0);
  assert.deepEqual(readdirSync(join(folder, '3')), ['small'], 'nothing matches');
});

test('a folder and a file are for this user alone', (t) => {
  const folder = join(temporaryFolder(t), 'evidence');
  makeOwnFolder(folder);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const file = join(folder, 'a');
  writeFileSync(file, '', { mode: 0o644 });
  makePrivate(file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  makeOwnFolder(folder); // may be there already
});

test('a file grows by whole pieces, is read at any moment, and is replaced under its name', (t) => {
  const path = join(temporaryFolder(t), 'day.record');
  const file = createGrowingFile(path, 'one\n', {});
  file.append('zwei €\n');
  assert.equal(readFileSync(path, 'utf8'), 'one\nzwei €\n');
  assert.equal(file.bytes, 13, 'bytes, not characters');
  assert.equal(Buffer.from(file.read()).toString(), 'one\nzwei €\n');
  file.replace(Buffer.from('thin\n'));
  file.append('three\n');
  assert.deepEqual([readFileSync(path, 'utf8'), file.bytes], ['thin\nthree\n', 11]);
  file.close();
  assert.throws(() => createGrowingFile(path, 'x', {}), { code: 'cannot-write' });
  assert.throws(() => createGrowingFile('/dev/null', 'x', {}), { code: 'cannot-write' });
});

test('snapshots of another run are refused, or removed at the moment when they are to be replaced', (t) => {
  const folder = temporaryFolder(t);
  const names = ['01.heapsnapshot', '01.heapsnapshot.scripts.json', 'mine.heapsnapshot'];
  for (const name of names) writeFileSync(join(folder, name), '');
  assert.throws(() => checkSeries(folder), { code: 'cannot-write' });
  assert.equal(checkSeries(folder, true).length, 2);
  assert.equal(readdirSync(folder).length, 3, 'looking removes nothing');
  prepareSeries(folder, true);
  assert.deepEqual(readdirSync(folder), ['mine.heapsnapshot']);
  const made = join(folder, 'new', 'run');
  prepareSeries(made);
  assert.ok(existsSync(made));
});

test('a message reaches each memwatch that listens, once, and leaves nothing when they end', (t) => {
  const usual = process.env['TMPDIR'];
  const temporary = temporaryFolder(t);
  process.env['TMPDIR'] = temporary;
  t.after(() => {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
  });
  assert.deepEqual(findListeners(), []);
  const mailbox = openMailbox('record of server.js');
  const [listener, ...others] = findListeners();
  assert.deepEqual([listener?.about, others.length, mailbox.take()], ['record of server.js', 0, []]);
  listener?.send('deploy');
  listener?.send('rollback');
  assert.deepEqual([mailbox.take(), mailbox.take()], [['deploy', 'rollback'], []]);
  mailbox.close();
  assert.deepEqual([findListeners(), readdirSync(temporary)], [[], []]);
  assert.throws(() => listener?.send('late'), { code: 'cannot-write' });
});

test('errors of the disk say what failed, on which file, and what to do', () => {
  const failing = (code: string | undefined) => (): MemwatchError => {
    try {
      guarded('/srv/out.svg', () => {
        throw Object.assign(new Error('the words of the system'), code === undefined ? {} : { code });
      });
    } catch (error) {
      if (error instanceof MemwatchError) return error;
    }
    return assert.fail('no error of memwatch');
  };
  const of = (code?: string): readonly unknown[] => {
    const { code: ours, message, hint } = failing(code)();
    return [ours, message, hint];
  };
  assert.deepEqual(of('ENOSPC'), ['no-room', 'the disk is full: /srv/out.svg', 'name another place']);
  assert.deepEqual(of('EPIPE'), ['cannot-write', 'the reader of /srv/out.svg has gone', undefined]);
  assert.deepEqual(of('ENXIO'), ['cannot-write', 'no process reads /srv/out.svg', 'start its reader first']);
  assert.equal(of('ENOENT')[2], 'make the folder first, or name another one');
  assert.match(String(of('EFBIG')[2]), /ulimit -f/);
  assert.equal(of()[0], 'cannot-write');
  const mine = new MemwatchError('interrupted', 'interrupted');
  assert.throws(() => guarded('x', () => { throw mine; }), (error) => error === mine); // prettier-ignore
});
