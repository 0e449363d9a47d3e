/** The name the user may have meant. In: a mistyped word and the existing names. Out: the closest name, if it is close enough. */

export const nearestName = (word: string, names: Iterable<string>): string | undefined => {
  const most = Math.ceil(word.length / 3);
  const near = [...names].map((name) => ({ name, steps: editDistance(word, name) }));
  return near.filter(({ steps }) => steps <= most).toSorted((a, b) => a.steps - b.steps)[0]?.name;
};

/** Letters added, dropped, replaced, or swapped with their neighbour (optimal string alignment). */
const editDistance = (from: string, to: string): number => {
  let beforeLast: number[] = [];
  // a place outside the table costs more than any other
  const cost = (row: readonly number[], at: number): number => row[at] ?? Infinity;
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const differs = from[i - 1] === to[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] = Math.min(
        cost(last, j) + 1,
        cost(row, j - 1) + 1,
        cost(last, j - 1) + differs,
        swapped ? cost(beforeLast, j - 2) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, row];
  }
  return cost(last, to.length);
};
