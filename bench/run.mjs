// The output of every run of an engine: one line of JSON, with the retained sizes of the largest objects for comparison.

/** How many of the largest objects are compared. */
const compared = 1000;

export const printRun = ({ idOf, retainedBytes, isCompared = () => true, ...figures }) => {
  const largest = {};
  const floor = nthLargest(retainedBytes, compared);
  for (let node = 0; node < retainedBytes.length; node++) {
    if (retainedBytes[node] >= floor && isCompared(node)) largest[idOf(node)] = retainedBytes[node];
  }
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6; // of all threads: varies less than elapsed time on a busy machine
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${JSON.stringify({ ...figures, cpuSeconds, peakMegabytes, largest })}\n`);
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
