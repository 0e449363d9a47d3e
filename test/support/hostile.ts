/** A small .cpuprofile with known values, whose names try to break out of whatever shows them. */
export const hostileNames = [
  `a');alert(1);('`,
  `"><script>document.title='broken'</script>`,
  `</title></text></svg><img src=x onerror="document.title='broken'">`,
  `]]>&amp;&lt;\u0000\u001b[31m\u202e`,
  `</script><script>document.title='broken'</script>`,
  `semi;colon\nnewline 17`,
  `| pipe \`tick\` **bold** [link](javascript:alert(1))`,
  `日本語 😀 \ud800 \ue001 \uffff`,
];

/** Each name costs 10 ms by itself on its line 5 and is called by the one before; 20 ms are idle. */
export const hostileProfile = (): object => {
  const root = { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };
  const nodes: object[] = [
    { id: 1, callFrame: root, hitCount: 0, children: [2, 3] },
    { id: 2, callFrame: { ...root, functionName: '(idle)' }, hitCount: 2, children: [] },
    ...hostileNames.map((functionName, i) => ({
      id: i + 3,
      callFrame: { functionName, scriptId: '9', url: `file:///srv/<app>'"&/${i}.js`, lineNumber: 3, columnNumber: 10 },
      hitCount: 1,
      children: i + 1 < hostileNames.length ? [i + 4] : [],
      positionTicks: [{ line: 5, ticks: 1 }],
    })),
  ];
  const samples = [...hostileNames.map((_, i) => i + 3), 2, 2];
  const endTime = 1_000_000 + 10_000 * samples.length;
  const bounded = [...samples, samples.at(-1)]; // one more, because the last sample lasts no time
  return { nodes, startTime: 1_000_000, endTime, samples: bounded, timeDeltas: [0, ...samples.map(() => 10_000)] };
};
