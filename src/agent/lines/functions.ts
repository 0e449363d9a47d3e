/**
 * The functions of a source text, by the names that a user would write. In: JavaScript text. Out: every function with the
 * chain of names around it (`Cache`, `get`), found by `get`, `Cache.get` or a line.
 */
import {
  childrenOf,
  type AnyNode,
  type ArrowFunctionExpression,
  type ClassDeclaration,
  type ClassExpression,
  type FunctionDeclaration,
} from '../../source/syntax.js';
import type { FunctionExpression, Position } from '../../source/syntax.js';

export type FunctionNode = FunctionDeclaration | FunctionExpression | ArrowFunctionExpression;

export interface FunctionSite {
  readonly node: FunctionNode;
  /** The names of what it is nested in and its own, outermost first; its own is missing if it has none. */
  readonly names: readonly string[];
  readonly anonymous: boolean;
  /** It is the constructor of a class that extends another. */
  readonly derives: boolean;
}

type Renamed = (position: Position | undefined) => string | undefined;

/** All functions of the text, in the order in which they begin. `renamed` knows which names a compiler changed. */
export const findFunctions = (program: AnyNode, renamed: Renamed = () => undefined): FunctionSite[] => {
  const finder = new Finder(renamed);
  finder.collect(program, [], []);
  return finder.sites.sort((a, b) => a.node.start - b.node.start);
};

/** Where a source map marks the begin of a function: compilers mark its name or its parameters, not always its first word. */
export const positionOf = (node: FunctionNode): Position | undefined =>
  (node.type === 'ArrowFunctionExpression' ? undefined : node.id?.loc?.start) ??
  node.params[0]?.loc?.start ??
  node.loc?.start;

/**
 * `get` and `Cache.get` both select the chain Cache, get; a chain that matches in full wins over those that only end in the
 * name.
 */
export const functionsNamed = (sites: readonly FunctionSite[], name: string): FunctionSite[] => {
  const named = sites.filter((site) => !site.anonymous);
  const exact = named.filter(({ names }) => names.join('.') === name);
  return exact.length > 0 ? exact : named.filter(({ names }) => `.${names.join('.')}`.endsWith(`.${name}`));
};

export const isFunction = (node: AnyNode): node is FunctionNode =>
  node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';

const isClass = (node: AnyNode): node is ClassDeclaration | ClassExpression =>
  node.type === 'ClassDeclaration' || node.type === 'ClassExpression';

const opensScope = (node: AnyNode): boolean => isClass(node) || node.type === 'ObjectExpression';

class Finder {
  readonly sites: FunctionSite[] = [];
  readonly #renamed: Renamed;
  readonly #deriving = new Set<AnyNode>();

  constructor(renamed: Renamed) {
    this.#renamed = renamed;
  }

  /** `given` is the name that the surrounding code gives to the node: of a variable, a property, a method. */
  collect(node: AnyNode, chain: readonly string[], given: readonly string[]): void {
    if (isFunction(node)) {
      const own = 'id' in node && node.id != null ? this.#namesOf(node.id) : given;
      const names = [...chain, ...own];
      this.sites.push({ node, names, anonymous: own.length === 0, derives: this.#deriving.has(node) });
      for (const child of childrenOf(node)) this.collect(child, names, []);
      return;
    }
    if (isClass(node) && node.superClass != null) {
      for (const part of node.body.body) {
        if (part.type === 'MethodDefinition' && part.kind === 'constructor') this.#deriving.add(part.value);
      }
    }
    const inside = opensScope(node) ? [...chain, ...(this.#ownName(node) ?? given)] : chain;
    for (const child of childrenOf(node)) this.collect(child, inside, this.#nameGivenTo(child, node, given));
  }

  #ownName(node: AnyNode): string[] | undefined {
    const id = isClass(node) ? node.id : undefined;
    return id == null ? undefined : this.#namesOf(id);
  }

  /**
   * The name that a variable, an assignment, a property or an export gives to the value; a call and the like pass the name
   * on.
   */
  #nameGivenTo(child: AnyNode, parent: AnyNode, given: readonly string[]): readonly string[] {
    switch (parent.type) {
      case 'VariableDeclarator':
        return child === parent.init ? this.#namesOf(parent.id) : [];
      case 'AssignmentExpression':
        return child === parent.right ? this.#namesOf(parent.left) : [];
      case 'AssignmentPattern':
        return child === parent.right ? this.#namesOf(parent.left) : [];
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        return child === parent.value ? this.#namesOf(parent.key) : [];
      case 'ExportDefaultDeclaration':
        return ['default'];
      case 'CallExpression':
        return child === parent.arguments.find((argument) => isFunction(argument)) ? given : [];
      case 'ParenthesizedExpression':
      case 'LogicalExpression':
      case 'ConditionalExpression':
      case 'AwaitExpression':
      case 'ClassBody':
        return given;
      default:
        return [];
    }
  }

  /** `exports.run` is `run`, `Cache.prototype.get` is Cache, get; `this.#x` is `#x`. */
  #namesOf(node: AnyNode): string[] {
    if (node.type === 'Identifier') return [this.#renamed(node.loc?.start) ?? node.name];
    if (node.type === 'PrivateIdentifier') return [`#${node.name}`];
    if (node.type === 'Literal') return [String(node.value)];
    if (node.type !== 'MemberExpression' || node.computed) return [];
    const skipped = new Set(['exports', 'module', 'prototype', 'this']);
    const names = [...this.#namesOf(node.object), ...this.#namesOf(node.property)].filter((name) => !skipped.has(name));
    return names.length === 0 ? ['default'] : names;
  }
}
