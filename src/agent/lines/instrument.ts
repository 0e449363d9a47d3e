/**
 * The calls to the counters that are inserted into one function: at each line that begins a statement, at each turn of a
 * loop, and around `await` and `yield`. In: a function's tree, an editor of its text. Out: the edits, and the table of its
 * lines.
 *
 * Functions nested in it share its table: their lines are lines of that table, and while one of them runs, the line that
 * called it is paused, so that a table never counts the same time twice. A statement on a line where another one began gets
 * no counter of its own.
 */
import type { AnyNode, ForInStatement, ForOfStatement, ForStatement, Statement } from '../../source/syntax.js';
import { childrenOf } from '../../source/syntax.js';
import type { MagicString } from 'magic-string';
import { isFunction, positionOf, type FunctionNode, type FunctionSite } from './functions.js';
import { LineNumbers, type FunctionTable, type Line } from './line-numbers.js';
import type { OriginalSource } from './original.js';
import { clashing, lastPosition, probeOf, runs } from './statements.js';

interface Context {
  readonly edit: MagicString;
  readonly source: OriginalSource;
  /** The functions that have a table of their own. */
  readonly roots: ReadonlyMap<FunctionNode, FunctionSite>;
  readonly tables: FunctionTable[];
  /** The source text of the expression that returns the counters of a table. */
  readonly enter: (table: number) => string;
}

interface Loop {
  readonly labels: readonly string[];
  /** Source text that must run at the end of each turn of the loop, and so before `continue` as well. */
  readonly turn: string;
}

/** The context of a statement: what it may jump to, and what `return` means there. */
interface Scope {
  readonly loops: readonly Loop[];
  readonly asyncGenerator: boolean;
}

const frame = '$memwatchFrame';

export const instrumentFunction = (site: FunctionSite, context: Context): void => {
  const place = context.source.at(positionOf(site.node));
  const index = context.tables.length;
  const lines: number[] = [];
  const firstLine = place?.line ?? site.node.loc?.start.line ?? 1;
  const file = place?.file ?? context.source.path;
  const source: string[] = [];
  context.tables.push({ name: site.names.join('.') || `(anonymous):${firstLine}`, file, firstLine, lines, source });
  new Instrumenter(context, context.enter(index), new LineNumbers(context.source, file, lines)).root(site.node);
  const last = context.source.at(lastPosition(site.node))?.line ?? 0;
  const lastLine = Math.max(firstLine, last, ...lines);
  source.push(...(context.source.linesOf(file) ?? []).slice(firstLine - 1, lastLine));
};

class Instrumenter {
  constructor(
    private readonly context: Context,
    private readonly enter: string,
    private readonly lines: LineNumbers,
  ) {}

  root(node: FunctionNode): void {
    const scope = { loops: [], asyncGenerator: node.async && node.generator };
    if (node.body.type === 'BlockStatement') this.#blockBody(node, node.body.body, scope);
    else this.#expressionBody(node, node.body, scope);
  }

  #blockBody(node: FunctionNode, statements: Statement[], scope: Scope): void {
    const { edit } = this.context;
    const directives = statements.filter((statement) => 'directive' in statement && statement.directive !== undefined);
    const at = directives.at(-1)?.end ?? node.body.start + 1;
    const rest = statements.slice(directives.length);
    const moved = clashing(node, rest);
    for (const declaration of moved) {
      edit.appendLeft(at, `;${edit.original.slice(declaration.start, declaration.end)}`);
      edit.remove(declaration.start, declaration.end);
    }
    const first = rest.find((statement) => probeOf(statement) !== 'none' && this.lines.of(statement) !== undefined);
    const line = first === undefined ? undefined : this.lines.of(first);
    const counted = first === undefined || (first === rest.find(runs) && probeOf(first) === 'line');
    edit.appendLeft(at, `;${this.#opening(node, line, counted)}`);
    const staying = rest.filter((statement) => !moved.includes(statement));
    this.#list(staying, counted ? line : undefined, scope);
    edit.appendLeft(node.body.end - 1, `}finally{${frame}.exit()}`);
  }

  #expressionBody(node: FunctionNode, body: AnyNode, scope: Scope): void {
    const { edit } = this.context;
    edit.appendLeft(body.start, `{${this.#opening(node, this.lines.of(body), true)}return (`);
    this.#expression(body, scope);
    edit.appendLeft(body.end, `)}finally{${frame}.exit()}}`);
  }

  /** How the body of a function begins: `line` is that of its first statement, `counted` if the call counts as its hit. */
  #opening(node: FunctionNode, line: Line, counted: boolean): string {
    const key = this.lines.key(line ?? this.lines.firstOf(node));
    const isRoot = this.context.roots.has(node);
    return `const ${frame}=${this.enter}.enter(${key},${counted ? 1 : 0},${isRoot ? 1 : 0});try{`;
  }

  /** `open` is the line that is certainly being counted when the list begins. */
  #list(statements: readonly AnyNode[], open: Line, scope: Scope): void {
    let current = open;
    for (const statement of statements) {
      const line = this.lines.of(statement);
      const probe = this.lines.isOne(statement) && runs(statement) ? 'line' : probeOf(statement);
      if (line !== undefined && line !== current && probe !== 'none') {
        this.context.edit.appendLeft(statement.start, `${frame}.${probe}(${this.lines.key(line)});`);
      }
      this.#statement(statement, line ?? current, scope, []);
      if (runs(statement)) current = this.lines.isOne(statement) ? (line ?? current) : undefined;
    }
  }

  #statement(node: AnyNode, open: Line, scope: Scope, labels: readonly string[]): void {
    const inner = this.lines.isOne(node) ? open : undefined;
    switch (node.type) {
      case 'BlockStatement':
        return this.#list(node.body, inner, scope);
      case 'LabeledStatement':
        return this.#statement(node.body, open, scope, [...labels, node.label.name]);
      case 'IfStatement':
        this.#expression(node.test, scope);
        this.#body(node.consequent, open, scope);
        if (node.alternate != null) this.#body(node.alternate, open, scope);
        return;
      case 'ForStatement':
        return this.#for(node, open, scope, labels);
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.#forEach(node, open, scope, labels);
      case 'WhileStatement':
        this.#test(node.test, scope, this.lines.isOne(node));
        return this.#body(node.body, open, scope, labels);
      case 'DoWhileStatement':
        this.#body(node.body, inner, scope, labels);
        return this.#test(node.test, scope, this.lines.isOne(node));
      case 'WithStatement':
        this.#expression(node.object, scope);
        return this.#body(node.body, open, scope);
      case 'SwitchStatement':
        return this.#switch(node, inner, scope);
      case 'TryStatement':
        for (const block of [node.block, node.handler?.body, node.finalizer])
          if (block != null) this.#list(block.body, inner, scope);
        return;
      case 'ContinueStatement':
        return this.#continue(node.start, node.label?.name, scope);
      case 'ReturnStatement':
        return this.#return(node.argument ?? undefined, scope);
      default:
        return this.#expression(node, scope);
    }
  }

  #switch(node: Extract<AnyNode, { type: 'SwitchStatement' }>, inner: Line, scope: Scope): void {
    this.#expression(node.discriminant, scope);
    for (const one of node.cases) {
      if (one.test != null) this.#expression(one.test, scope);
      this.#list(one.consequent, inner, scope);
    }
  }

  /** The body of an `if` or, with `labels`, of a loop: `before` runs first in each turn, `turn` last. */
  #body(node: AnyNode, open: Line, scope: Scope, labels?: readonly string[], before = '', turn = ''): void {
    const inside = labels === undefined ? scope : { ...scope, loops: [...scope.loops, { labels, turn }] };
    const { edit } = this.context;
    if (node.type === 'FunctionDeclaration') return;
    const block = node.type === 'BlockStatement';
    edit.appendLeft(block ? node.start + 1 : node.start, block ? before : `{${before}`);
    this.#list(block ? node.body : [node], open, inside);
    const last = turn === '' ? '' : `;${turn}`; // the last statement may have had no semicolon, only the closing brace
    edit.appendLeft(block ? node.end - 1 : node.end, block ? last : `${last}}`);
  }

  /** Hits of a loop's head: one when it is reached, and one for each turn. */
  #for(node: ForStatement, open: Line, scope: Scope, labels: readonly string[]): void {
    const single = this.lines.isOne(node);
    if (node.init != null) this.#expression(node.init, scope);
    if (node.test != null && node.update == null) this.#test(node.test, scope, single);
    else if (node.test != null) this.#expression(node.test, scope);
    if (node.update != null) this.#test(node.update, scope, single, this.lines.of(node));
    const turns = node.test != null || node.update != null; // otherwise the loop never returns to the line of its head
    this.#body(node.body, turns ? open : undefined, scope, labels);
  }

  #forEach(node: ForInStatement | ForOfStatement, open: Line, scope: Scope, labels: readonly string[]): void {
    const { edit } = this.context;
    const line = this.lines.of(node);
    const again = this.lines.isOne(node) || line === undefined ? '' : `${frame}.line(${this.lines.key(line)});`;
    const waits = node.type === 'ForOfStatement' && node.await;
    if (waits) edit.appendLeft(node.right.start, `${frame}.suspend(`);
    this.#expression(node.right, scope);
    if (waits) edit.appendLeft(node.right.end, ')');
    const before = waits ? `${frame}.resume();` : '';
    this.#body(node.body, open, scope, labels, before, waits ? `${again}${frame}.suspend();` : again);
  }

  /** Counts a hit of the line each time the expression is evaluated. */
  #test(node: AnyNode, scope: Scope, single: boolean, line = this.lines.of(node)): void {
    const { edit } = this.context;
    const probe = !single && line !== undefined;
    if (probe) edit.appendLeft(node.start, `(${frame}.line(${this.lines.key(line)}),`);
    this.#expression(node, scope);
    if (probe) edit.appendLeft(node.end, ')');
  }

  #continue(at: number, label: string | undefined, scope: Scope): void {
    const loop = scope.loops.findLast(({ labels }) => label === undefined || labels.includes(label));
    if (loop !== undefined && loop.turn !== '') this.context.edit.appendLeft(at, loop.turn);
  }

  /** An async generator awaits what it returns. */
  #return(argument: AnyNode | undefined, scope: Scope): void {
    if (argument === undefined) return;
    const { edit } = this.context;
    if (scope.asyncGenerator) edit.appendLeft(argument.start, `${frame}.resume(await ${frame}.suspend(`);
    this.#expression(argument, scope);
    if (scope.asyncGenerator) edit.appendLeft(argument.end, '))');
  }

  #expression(node: AnyNode, scope: Scope): void {
    if (isFunction(node)) return this.#nested(node);
    if (node.type === 'StaticBlock') return this.#list(node.body, undefined, scope);
    if (node.type === 'AwaitExpression') return this.#waiting(node, node.argument, 'suspend', scope);
    if (node.type === 'YieldExpression') {
      const call = node.delegate && !scope.asyncGenerator ? 'delegate' : 'suspend';
      return this.#waiting(node, node.argument ?? undefined, call, scope);
    }
    for (const child of childrenOf(node)) this.#expression(child, scope);
  }

  #waiting(node: AnyNode, argument: AnyNode | undefined, call: string, scope: Scope): void {
    const { edit } = this.context;
    edit.appendLeft(node.start, `${frame}.resume(`);
    if (argument === undefined) return void edit.appendLeft(node.end, ` ${frame}.${call}())`);
    edit.appendLeft(argument.start, `${frame}.${call}(`);
    this.#expression(argument, scope);
    edit.appendLeft(argument.end, '))');
  }

  #nested(node: FunctionNode): void {
    const own = this.context.roots.get(node);
    if (own !== undefined) instrumentFunction(own, this.context);
    else if (!this.lines.isOne(node)) this.root(node);
  }
}
