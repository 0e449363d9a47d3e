/** The heap of a small service, drawn, as a file: with names that a terminal could mishandle. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { drawHeap } from './graph.js';
import { temporaryFolder } from './targets.js';

const sessions = (count: number): string =>
  Array.from(
    { length: count },
    (_, at) => `
      table -#${at}-> Session s${at} ${64 + at}
      s${at} -user-> User u${at} 40
      u${at} -name-> "name-of-${at}" n${at}:string ${24 + 8 * (at % 5)}`,
  ).join('\n');

const heap = (count: number): string => `
  root -shortcut:1-> global g
  root -#2-> (GC_roots) gc:synthetic 0
  gc -internal:stack-> (Stack_roots) st:synthetic 0
  g -sessions-> Map cache 32
  cache -internal:table-> table:array ${1000 + 16 * count}
  ${sessions(count)}
  g -handler-> handle fn:closure 64
  fn -context:scope-> Context ctx 80
  ctx -context:pending-> Array pend 32
  pend -#0-> 漢字クラス w1 48
  pend -#1-> Party😀🎉 w2 56
  pend -#2-> evil\u001b[2Jname w3 72
  pend -#3-> a"'<b> w4 24
`;

/** Writes the snapshot and returns its path. */
export const drawnSnapshot = (t: TestContext, name = 'service.heapsnapshot', count = 60): string => {
  const file = join(temporaryFolder(t), name);
  writeFileSync(file, drawHeap(heap(count)).bytes);
  return file;
};

/** Snapshots of one process whose sessions grow; objects in all of them keep their ids. Returns their folder. */
export const drawnSnapshots = (t: TestContext, counts: readonly number[]): string => {
  const folder = temporaryFolder(t);
  const most = heap(Math.max(...counts));
  const ids = Object.fromEntries(
    [...most.matchAll(/\b([sun]\d+|g|gc|st|cache|table|fn|ctx|pend|w\d)\b/g)].map(([handle], at) => [
      handle,
      2 * at + 101,
    ]),
  );
  for (const [at, count] of counts.entries()) {
    const present = heap(count);
    const own = Object.fromEntries(
      Object.entries(ids).filter(([handle]) => new RegExp(`\\b${handle}\\b`).test(present)),
    );
    writeFileSync(join(folder, `${at + 1}.heapsnapshot`), drawHeap(present, { ids: own }).bytes);
  }
  return folder;
};
