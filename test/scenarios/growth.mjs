// memwatch's own code, which must not leak: finds what grows over three small snapshots, and makes sentences of it.
import { drawHeap } from '../../.test/support/graph.js';
import { readHeapSnapshot } from '../../dist/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { findGrowth } from '../../dist/analyzer/growth/snapshots/find-growth.js';
import { findingsOf } from '../../dist/analyzer/growth/findings.js';
import { reportOfSnapshots } from '../../dist/analyzer/growth/verdict.js';
import { createLocator } from '../../dist/analyzer/model/location.js';
import { renderLeaks } from '../../dist/report/leaks-text.js';

const round = (count) => {
  const sessions = Array.from({ length: count }, (_, i) => `table -#${i}-> Session s${i} 64`).join('\n');
  const { bytes } = drawHeap(`root -shortcut:1-> global g
    g -sessions-> Map cache 32
    cache -internal:table-> table:array ${100 + count}
    ${sessions}`);
  const read = () =>
    readHeapSnapshot(
      (async function* () {
        yield bytes;
      })(),
    );
  return { name: `${count}`, process: '1', read };
};
const rounds = [10, 20, 30].map(round);
const options = { locator: createLocator(undefined), sourceOf: () => undefined, packageOf: () => undefined };

export const iterate = async () => {
  const growth = await findGrowth(rounds);
  const findings = findingsOf(growth, 'grows', options);
  renderLeaks(reportOfSnapshots({ findings, slowing: [], snapshots: 3 }), 80);
};
