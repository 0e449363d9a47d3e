/**
 * Climbs from nodes towards the root, for a question that is asked of many nodes. In: the node above a node, undefined where
 * the climb ends. Out: a function from a node to where its climb ends. No node is climbed over twice: a way may lead through
 * a million links of a list.
 */
export const createClimb = (above: (node: number) => number | undefined): ((start: number) => number) => {
  const ends = new Map<number, number>();
  return (start) => {
    const passed: number[] = [];
    let at = start;
    let end = ends.get(at);
    while (end === undefined) {
      passed.push(at);
      const next = above(at);
      if (next === undefined) end = at;
      else end = ends.get((at = next));
    }
    for (const node of passed) ends.set(node, end);
    return end;
  };
};
