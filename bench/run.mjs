// What every run of an engine prints: one line of JSON, with the retained sizes of the largest objects for comparison.

/** How many of the largest objects are compared. */
const compared = 1000;

export const printRun = ({ idOf, retainedBytes, ...figures }) => {
  const largest = {};
  const floor = nthLargest(retainedBytes, compared);
  for (let node = 0; node < retainedBytes.length; node++) {
    if (retainedBytes[node] >= floor) largest[idOf(node)] = retainedBytes[node];
  }
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${JSON.stringify({ ...figures, peakMegabytes, largest })}\n`);
};

const nthLargest = (values, n) => {
  let floor = 0;
  let above = [];
  for (const value of values) {
    if (value <= floor) continue;
    above.push(value);
    if (above.length < n * 4) continue;
    above = above.sort((a, b) => b - a).slice(0, n);
    floor = above[n - 1];
  }
  above.sort((a, b) => b - a);
  return above[Math.min(n, above.length) - 1] ?? 0;
};
