/** The call trees of `cpu --tree` and `alloc --tree`. In: a profile and its table. Out: trees for the text and the document. */
import { columnsOfFrames } from '../../analyzer/cost/shared-lines.js';
import { computeCalleeTree, computeCallerTree, type CallTreeEntry } from '../../analyzer/cost/call-tree.js';
import { computeFlameTree } from '../../analyzer/cost/flame-tree.js';
import type { CostTable } from '../../analyzer/model/cost.js';
import type { Frame, Profile } from '../../analyzer/model/profile.js';
import type { CostTreeNode } from '../../report/cost-tree.js';
import { isOwn, showName } from '../../report/place.js';

export interface NamedTree {
  readonly key: 'calleeTree' | 'callerTree';
  readonly title: string;
  readonly roots: readonly CostTreeNode[];
}

/** `own`: other people's code is passed over, and what it cost is that of the application's function that called it. */
export const treesOf = (profile: Profile, { functions }: CostTable, own: boolean): NamedTree[] => {
  const columns = columnsOfFrames(profile.frames);
  const isShown = ({ location }: Frame): boolean => !own || isOwn({ file: location?.file ?? null });
  const keyOf = (name: string, file: string | null, line: number | null): string => `${name}\n${file}\n${line}`;
  const marked = new Set(
    functions.filter(({ mayBeInlined }) => mayBeInlined).map(({ name, file, line }) => keyOf(name, file, line)),
  );
  const nodes = computeFlameTree(profile, isShown);
  const nodeOf = ({ frame, value, children }: CallTreeEntry): CostTreeNode => {
    const { name = '', location } = profile.frames[frame] ?? {};
    const [file, line, column] = [location?.file ?? null, location?.line ?? null, columns[frame]];
    const mayBeInlined = marked.has(keyOf(name, file, line));
    return { name, file, line, column, mayBeInlined, value, children: () => children().map(nodeOf) };
  };
  const others = own ? '; the cost of packages, Node and native code counts for their callers' : '';
  return [
    {
      key: 'calleeTree',
      title: `callees, from the program's start down${others}`,
      roots: computeCalleeTree(nodes).map(nodeOf),
    },
    {
      key: 'callerTree',
      title: `callers, from the most expensive function up (its own share); a line is where its function begins${others}`,
      roots: computeCallerTree(nodes).map(nodeOf),
    },
  ];
};

/** Deeper calls of a tree are left out of the document, which parsers could not read. */
const deepest = 100;

export const treesDocument = (trees: readonly NamedTree[]): object =>
  Object.fromEntries(trees.map(({ key, roots }) => [key, roots.map((node) => nodeDocument(node, 0))]));

const nodeDocument = ({ name, file, line, value, mayBeInlined, children }: CostTreeNode, depth: number): object => ({
  name: showName(name),
  file,
  line,
  value,
  mayBeInlined,
  children: depth < deepest ? children().map((node) => nodeDocument(node, depth + 1)) : [],
});
