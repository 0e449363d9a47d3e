/**
 * Where a debugger must record to count the lines of one function as the counters of a rewritten one do: at each line that
 * begins a statement, and at each turn of a loop. Nested functions are not included. In: a function's tree. Out: marks.
 */
import { childrenOf, type AnyNode, type BlockStatement, type Position } from '../../source/syntax.js';
import { isFunction, type FunctionNode } from './functions.js';
import { lastPosition, runs } from './statements.js';

export interface Mark {
  /** The place to record at lies between these (lines from 1, columns from 0). */
  readonly start: Position;
  readonly end: Position;
  /** The line of the user's source that this place belongs to. */
  readonly line: number;
  /** Reaching it counts as a hit of the line. */
  readonly counts: boolean;
  /** The line contains an `await` or a `yield`: its running time cannot be separated from its waiting time. */
  readonly waits: boolean;
  /** It is reached at each turn of a loop. */
  readonly turn: boolean;
}

/** The line of the user's source behind a position of the script; undefined for code that a compiler added. */
type LineOf = (position: Position | undefined) => number | undefined;

/** In the order of the text. Node 20 to 24 reach the variable of a `for … of` once more, when nothing is left. */
export const findMarks = (node: FunctionNode, lineOf: LineOf, nodeVersion: string): Mark[] => {
  const finder = new Finder(lineOf, Number(/\d+/.exec(nodeVersion)?.[0]) <= 24);
  if (node.body.type === 'BlockStatement') finder.visit(node.body);
  else finder.add(node.body, node.body, true);
  return dropRepeated(finder.marks);
};

/**
 * True if the first statement is reached only once in each call, so that reaching it means a new call and not a turn of a
 * loop.
 */
export const entersOnce = (node: FunctionNode): boolean => {
  if (node.body.type !== 'BlockStatement') return true;
  let first: AnyNode | undefined = firstIn(node.body);
  for (;;) {
    if (first?.type === 'LabeledStatement') first = first.body;
    else if (first?.type === 'BlockStatement') first = firstIn(first);
    else if (first?.type === 'TryStatement') first = firstIn(first.block);
    else break;
  }
  if (first?.type === 'ForStatement') return first.init != null;
  return first !== undefined && first.type !== 'WhileStatement' && first.type !== 'DoWhileStatement';
};

const firstIn = (block: BlockStatement): AnyNode | undefined =>
  block.body.find((statement) => runs(statement) && !('directive' in statement));

/** Drops turns of a loop on a line that already has a mark, and all statements on a line but the first. */
const dropRepeated = (marks: readonly Mark[]): Mark[] => {
  const lines = new Set<number>();
  return marks.filter((mark) => {
    if (mark.turn) return true;
    if (lines.has(mark.line)) return false;
    lines.add(mark.line);
    return true;
  });
};

class Finder {
  readonly marks: Mark[] = [];
  readonly #lineOf: LineOf;
  readonly #reachesEnd: boolean;

  constructor(lineOf: LineOf, reachesEnd: boolean) {
    this.#lineOf = lineOf;
    this.#reachesEnd = reachesEnd;
  }

  visit(node: AnyNode): void {
    if (isFunction(node)) return;
    if (/Statement$|^VariableDeclaration$|^ClassDeclaration$/.test(node.type)) this.#statement(node);
    for (const child of childrenOf(node)) this.visit(child);
  }

  #statement(node: AnyNode): void {
    const single = this.#lineOf(node.loc?.start) === this.#lineOf(lastPosition(node));
    switch (node.type) {
      case 'BlockStatement':
      case 'TryStatement':
      case 'LabeledStatement':
        return;
      case 'ForStatement':
        if (node.init != null) this.add(node.init, node, single || node.update != null || node.test == null);
        if (single && node.init != null) return;
        if (node.update != null) return this.add(node.update, node, true, true);
        if (node.test != null) this.add(node.test, node, true, true);
        return;
      case 'ForInStatement':
      case 'ForOfStatement':
        this.add(node.right, node, single || !this.#reachesEnd);
        if (!single) this.add(lastOf(node.left), node, true, true);
        return;
      case 'WhileStatement':
      case 'DoWhileStatement':
        return this.add(node.test, node, true, true);
      default:
        if (runs(node)) this.add(node, node, true);
    }
  }

  add(part: Part, statement: AnyNode, counts: boolean, turn = false): void {
    const start = part.loc?.start ?? { line: 1, column: 0 };
    const head = statement.type === 'DoWhileStatement' ? part : statement;
    const line = this.#lineOf(head.loc?.start);
    const waits = waitsIn(statement);
    if (line !== undefined) this.marks.push({ start, end: part.loc?.end ?? start, line, counts, waits, turn });
  }
}

type Part = Pick<AnyNode, 'loc'>;

/** Where V8 asks for the next value of a `for … of`: at the end of a pattern, in which defaults may be called before it. */
const lastOf = (left: AnyNode): Part => {
  const to = left.type === 'VariableDeclaration' ? (left.declarations[0]?.id ?? left) : left;
  const end = to.loc?.end;
  if (end === undefined || !to.type.endsWith('Pattern')) return to;
  return { loc: { start: { ...end, column: end.column - 1 }, end } };
};

/** Looks at what the statement itself evaluates, not at the statements inside it. */
const waitsIn = (node: AnyNode): boolean => {
  if (node.type === 'AwaitExpression' || node.type === 'YieldExpression') return true;
  if (node.type === 'ForOfStatement' && node.await) return true;
  return childrenOf(node).some((child) => !isFunction(child) && !holdsStatements(child) && waitsIn(child));
};

const holdsStatements = (node: AnyNode): boolean => /Statement$|^SwitchCase$|^CatchClause$/.test(node.type);
