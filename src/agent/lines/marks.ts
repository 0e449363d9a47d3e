/**
 * Where a debugger must look to count the lines of one function as the counters of a rewritten one would: at each line that
 * begins a statement, and at each turn of a loop. Functions inside it are not looked into. In: a function's tree. Out: marks.
 */
import { childrenOf, type AnyNode, type Position } from '../../source/syntax.js';
import { isFunction, type FunctionNode } from './functions.js';
import { lastPosition, runs } from './statements.js';

export interface Mark {
  /** The place to look lies between these (lines from 1, columns from 0). */
  readonly start: Position;
  readonly end: Position;
  /** The line of the user's source that the place stands for. */
  readonly line: number;
  /** Reaching it counts as a hit of the line. */
  readonly counts: boolean;
  /** The line holds an `await` or a `yield`: its time cannot be told from the time it waits. */
  readonly waits: boolean;
  /** It is reached at each turn of a loop. */
  readonly turn: boolean;
}

/** The line of the user's source behind a position of the script; undefined for what a compiler put there. */
type LineOf = (position: Position | undefined) => number | undefined;

/** In the order of the text. */
export const findMarks = (node: FunctionNode, lineOf: LineOf): Mark[] => {
  const finder = new Finder(lineOf);
  if (node.body.type === 'BlockStatement') finder.visit(node.body);
  else finder.add(node.body, node.body, true);
  return dropRepeated(finder.marks);
};

/** The first statement is reached once in each call, so that reaching it tells a new call from a turn of a loop. */
export const entersOnce = (node: FunctionNode): boolean => {
  if (node.body.type !== 'BlockStatement') return true;
  let first: AnyNode | undefined = node.body.body.find((statement) => runs(statement) && !('directive' in statement));
  while (first?.type === 'LabeledStatement') first = first.body;
  if (first?.type === 'ForStatement') return first.init != null;
  return (
    first !== undefined &&
    !['WhileStatement', 'DoWhileStatement', 'BlockStatement', 'TryStatement'].includes(first.type)
  );
};

/** The turns of a loop stand on a line that is marked already; of statements the first on a line is enough. */
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

  constructor(lineOf: LineOf) {
    this.#lineOf = lineOf;
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
        this.add(node.right, node, true);
        if (!single) this.add(node.left, node, true, true);
        return;
      case 'WhileStatement':
      case 'DoWhileStatement':
        return this.add(node.test, node, true, true);
      default:
        if (runs(node)) this.add(node, node, true);
    }
  }

  add(part: AnyNode, statement: AnyNode, counts: boolean, turn = false): void {
    const start = part.loc?.start ?? { line: 1, column: 0 };
    const head = statement.type === 'DoWhileStatement' ? part : statement;
    const line = this.#lineOf(head.loc?.start);
    const waits = waitsIn(statement);
    if (line !== undefined) this.marks.push({ start, end: part.loc?.end ?? start, line, counts, waits, turn });
  }
}

/** In what the statement itself evaluates, not in the statements that it holds. */
const waitsIn = (node: AnyNode): boolean => {
  if (node.type === 'AwaitExpression' || node.type === 'YieldExpression') return true;
  if (node.type === 'ForOfStatement' && node.await) return true;
  return childrenOf(node).some((child) => !isFunction(child) && !holdsStatements(child) && waitsIn(child));
};

const holdsStatements = (node: AnyNode): boolean => /Statement$|^SwitchCase$|^CatchClause$/.test(node.type);
