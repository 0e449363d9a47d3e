/**
 * Which strings of a heap snapshot are contents, and which are names. In: the text from the start of the file, in pieces.
 * Out: a mark for each number of a string, complete when the list of strings begins, but for the names that only a scope's
 * description (V8's ScopeInfo) refers to: which those are is known once the string that names descriptions is. Four bytes a
 * node and a byte a string.
 */

/** The part of a snapshot's header that says what its columns mean. */
export interface SnapshotMeta {
  readonly node_fields: readonly string[];
  readonly node_types: readonly [readonly string[], ...unknown[]];
  readonly edge_fields: readonly string[];
  readonly edge_types: readonly [readonly string[], ...unknown[]];
}

const content = 1;
const name = 2;
const property = 4;
const weakMapEntry = 8;

const digit0 = 0x30;
const digit9 = 0x39;
const quote = 0x22;
const comma = 0x2c;
const newline = 0x0a;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Throws a TypeError if the header lacks a field. */
export class RedactionMarks {
  private marks = new Uint8Array(1 << 16);
  /** For each node: the number of its string plus 1 if that is its contents, otherwise 0. */
  private text = new Uint32Array(1 << 16);
  private nodes = 0;
  private edges = 0;
  private nodesEdges = 0;
  /** The nodes of V8's code, in order: their names and where their edges end. */
  private readonly code: { readonly name: number; readonly from: number; readonly to: number }[] = [];
  private codeAt = 0;
  /** By the name of nodes of V8's code: the strings that they refer to by number. */
  private readonly listed = new Map<number, number[]>();
  private key = '';
  private inKey = false;
  private depth = 0;
  /** The number that the last piece ended in, so far; -1 if none. */
  private number = -1;
  private column = 0;
  private readonly row: number[] = [];
  private readonly nodeType: number;
  private readonly nodeName: number;
  private readonly nodeEdges: number;
  private readonly edgeType: number;
  private readonly edgeName: number;
  private readonly edgeTarget: number;
  private readonly textTypes: ReadonlySet<number>;
  private readonly numberedEdges: ReadonlySet<number>;
  private readonly propertyEdge: number;
  private readonly hiddenEdge: number;
  private readonly codeType: number;

  constructor(private readonly meta: SnapshotMeta) {
    const place = (fields: readonly string[], field: string): number => {
      const found = fields.indexOf(field);
      if (found === -1) throw new TypeError(`a snapshot without ${field}`);
      return found;
    };
    this.nodeType = place(meta.node_fields, 'type');
    this.nodeName = place(meta.node_fields, 'name');
    this.nodeEdges = place(meta.node_fields, 'edge_count');
    this.edgeType = place(meta.edge_fields, 'type');
    this.edgeName = place(meta.edge_fields, 'name_or_index');
    this.edgeTarget = place(meta.edge_fields, 'to_node');
    this.textTypes = new Set(['string', 'regexp'].map((type) => place(meta.node_types[0], type)));
    this.numberedEdges = new Set(['element', 'hidden'].map((type) => place(meta.edge_types[0], type)));
    this.propertyEdge = place(meta.edge_types[0], 'property');
    this.hiddenEdge = place(meta.edge_types[0], 'hidden');
    this.codeType = place(meta.node_types[0], 'code');
  }

  /** Returns the position after the `[` of the list of strings; -1 if it has not come. */
  push(text: string): number {
    let { number } = this;
    for (let p = 0; p < text.length; p++) {
      const c = text.charCodeAt(p);
      if (c >= digit0 && c <= digit9) {
        number = (number === -1 ? 0 : number * 10) + c - digit0;
        continue;
      }
      if (number !== -1) this.takeNumber(number);
      number = -1;
      if (c === comma || c === newline) continue;
      if (c === quote) this.takeQuote();
      else if (this.inKey) this.key += text[p];
      else if (c === openBracket && this.openList()) return p + 1;
      else if (c === closeBracket) this.depth--;
    }
    this.number = number;
    return -1;
  }

  /** The string with this number is the name of nodes that describe scopes: what they list are names of variables. */
  describesScopes(index: number): void {
    for (const listed of this.listed.get(index) ?? []) this.mark(listed, name);
  }

  /** The contents of a string or a regular expression, and not the name of anything. */
  isContent(index: number): boolean {
    return (this.marks[index] ?? 0) === content;
  }

  /** The name of a WeakMap's entry whose value is a string. */
  isWeakMapEntry(index: number): boolean {
    return ((this.marks[index] ?? 0) & weakMapEntry) !== 0;
  }

  /** The name of a property, and of nothing else. */
  isProperty(index: number): boolean {
    return ((this.marks[index] ?? 0) & ~content) === property;
  }

  /** Keys are the only strings before the list of strings, but for the header, whose last key is `nodes`. */
  private takeQuote(): void {
    this.inKey = !this.inKey;
    if (this.inKey) this.key = '';
  }

  private openList(): boolean {
    this.column = 0;
    return this.depth++ === 0 && this.key === 'strings';
  }

  private takeNumber(number: number): void {
    const { key } = this;
    if (this.inKey) this.key += String(number);
    if (this.inKey || (key !== 'nodes' && key !== 'edges')) return;
    this.row[this.column++] = number;
    if (key === 'nodes' && this.column === this.meta.node_fields.length) this.takeNode();
    else if (key === 'edges' && this.column === this.meta.edge_fields.length) this.takeEdge();
  }

  private takeNode(): void {
    this.column = 0;
    const { row } = this;
    const index = row[this.nodeName] ?? 0;
    const isText = this.textTypes.has(row[this.nodeType] ?? -1);
    if (this.nodes === this.text.length) this.text = longer(this.text, this.nodes);
    this.text[this.nodes++] = isText ? index + 1 : 0;
    this.mark(index, isText ? content : name);
    const from = this.nodesEdges;
    this.nodesEdges += row[this.nodeEdges] ?? 0;
    if (row[this.nodeType] === this.codeType) this.code.push({ name: index, from, to: this.nodesEdges });
  }

  private takeEdge(): void {
    this.column = 0;
    const edge = this.edges++;
    const type = this.row[this.edgeType] ?? 0;
    const target = (this.row[this.edgeTarget] ?? 0) / this.meta.node_fields.length;
    if (type === this.hiddenEdge) this.takeListed(edge, (this.text[target] ?? 0) - 1);
    if (this.numberedEdges.has(type)) return;
    const isNamed = type === this.propertyEdge ? property : name;
    this.mark(this.row[this.edgeName] ?? 0, isNamed | ((this.text[target] ?? 0) > 0 ? weakMapEntry : 0));
  }

  private takeListed(edge: number, text: number): void {
    while ((this.code[this.codeAt]?.to ?? Infinity) <= edge) this.codeAt++;
    const owner = this.code[this.codeAt];
    if (text === -1 || owner === undefined || owner.from > edge) return;
    const listed = this.listed.get(owner.name);
    if (listed === undefined) this.listed.set(owner.name, [text]);
    else listed.push(text);
  }

  private mark(index: number, mark: number): void {
    if (index >= this.marks.length) this.marks = longer(this.marks, index);
    this.marks[index] = (this.marks[index] ?? 0) | mark;
  }
}

const longer = <Column extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  column: Column,
  index: number,
): Column => {
  const more = new (column.constructor as new (length: number) => Column)(Math.max(column.length * 2, index + 1));
  more.set(column);
  return more;
};
