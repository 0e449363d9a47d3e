/** What svg.ts uses of flamegraph 1.3, which publishes no types. */
declare module 'flamegraph' {
  interface PlacedNode {
    func: string;
    depth: number;
    stime: number;
    etime: number;
  }
  const flamegraph: {
    svg(placed: { nodes: Record<string, PlacedNode>; time: number }, options: Record<string, unknown>): string;
  };
  export default flamegraph;
}
