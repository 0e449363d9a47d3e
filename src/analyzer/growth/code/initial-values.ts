/**
 * What the variables of blocks are set to where they are declared. In: the text of a script. Out: its scopes, each with what
 * its variables' first values are.
 */
import { childrenOf, opensScope, tryParse, type AnyNode } from '../../../source/syntax.js';
import { namesOf } from './declarations.js';

export interface Initial {
  readonly kind: 'number' | 'function' | 'object' | 'unknown';
  /** For `new Map()` and the like `Map`; for `[]` `Array`. */
  readonly className?: string | undefined;
  /** The variable keeps this value. */
  readonly lasts: boolean;
}

export type Scope = ReadonlyMap<string, Initial>;

export const readScopes = (source: string): readonly Scope[] => {
  const program = tryParse(source);
  const scopes: Map<string, Initial>[] = [];
  const visit = (node: AnyNode, outer: Map<string, Initial>, isConst: boolean): void => {
    for (const name of namesOf(node)) outer.set(name, initialOf(node, isConst));
    const scope = opensScope(node.type) ? new Map<string, Initial>() : outer;
    if (scope !== outer) scopes.push(scope);
    for (const child of childrenOf(node))
      visit(child, scope, node.type === 'VariableDeclaration' ? node.kind === 'const' : isConst);
  };
  if (program !== undefined) visit(program, new Map(), false);
  return scopes;
};

const unknown: Initial = { kind: 'unknown', lasts: false };

const initialOf = (node: AnyNode, isConst: boolean): Initial => {
  if (/^(Function|Class)Declaration$/.test(node.type)) return { kind: 'function', lasts: true };
  if (node.type !== 'VariableDeclarator' || node.id.type !== 'Identifier' || node.init == null) return unknown;
  const { init } = node;
  if (/^(ArrowFunction|Function|Class)Expression$/.test(init.type)) return { kind: 'function', lasts: isConst };
  if (init.type === 'ArrayExpression') return { kind: 'object', className: 'Array', lasts: isConst };
  if (init.type === 'ObjectExpression') return { kind: 'object', lasts: isConst };
  if (init.type === 'NewExpression') return { kind: 'object', className: builtInName(init.callee), lasts: isConst };
  const value = init.type === 'UnaryExpression' ? init.argument : init;
  return value.type === 'Literal' && typeof value.value === 'number' ? { kind: 'number', lasts: isConst } : unknown;
};

/** Other classes may be bound to another name than their own. */
const builtInName = (callee: AnyNode): string | undefined =>
  callee.type === 'Identifier' && /^(Weak)?(Map|Set)$|^Array$/.test(callee.name) ? callee.name : undefined;
