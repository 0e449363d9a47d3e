/**
 * Takes what a program's users gave it out of a document, before it is sent to other people: contents of strings, keys of
 * collections, parts of addresses that may hold secrets. Names that are in the source stay: classes, properties, functions,
 * files. In: a document. Out: a copy.
 */

const hidden = '…';

export const hideValues = <T extends object>(document: T): T =>
  JSON.parse(JSON.stringify(document), (key: string, value: unknown) =>
    typeof value === 'string' ? hideInText(value, key) : isNode(value) ? hideInNode(value) : value,
  ) as T;

const hideInText = (text: string, key: string): string => {
  if (key === 'file' || key === 'url') return hideInAddress(text);
  if (key === 'schema' || key === 'nodeVersion') return text;
  return text
    .replace(/"(?:[^"\\]|\\.)*"/g, `"${hidden}"`)
    .replace(/'(?:[^'\\]|\\.){12,}'/g, `'${hidden}'`)
    .replace(/(?<!anon_inode:)\[(?!Symbol\(|<symbol |\d+\]|\]|value in )[^\]]*\]/g, `[${hidden}]`)
    .replace(/[^\s"'<>()[\]]+@[^\s"'<>()[\]]+\.[a-z]{2,}/gi, hidden)
    .replace(tokenLike, hideToken);
};

/** A line of source code without words that look like keys or tokens. */
export const hideTokens = (line: string): string => line.replace(tokenLike, hideToken);

const tokenLike = /\b[\w+-]{20,}={0,2}/g;

const hideToken = (word: string): string => (looksRandom(word) ? hidden : word);

/** Keys and tokens: letters and digits mixed, as no programmer names a thing; `eyJ` begins a JSON Web Token. */
const looksRandom = (word: string): boolean =>
  word.startsWith('eyJ') || (/[a-z]/i.test(word) && (word.match(/\d/g)?.length ?? 0) >= 4);

/** The query of an address may hold a token, and a `data:` address is the script itself. */
const hideInAddress = (address: string): string =>
  address
    .replace(/^(data:[^,]*),.*$/s, `$1,${hidden}`)
    .replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, `$1${hidden}@`)
    .replace(/^([a-z][a-z\d+.-]*:\/\/[^?#]*)[?#].*$/is, `$1?${hidden}`);

interface NodeLike {
  readonly type: string;
  readonly name: string;
  readonly edge?: string;
  readonly label?: string;
}

/** An object of a heap, or a step of a path to one. */
const isNode = (value: unknown): value is NodeLike =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  typeof value.type === 'string' &&
  'name' in value &&
  typeof value.name === 'string';

/** The node types whose name is their value. */
const valueTypes = /string|number|bigint|regexp/;
const programName = /^(?:[#\p{L}_$][\p{L}\p{N}_$]*|\[\]|entry|<symbol .*>|…|)$/u;

const hideInNode = (node: NodeLike): NodeLike => {
  const name = valueTypes.test(node.type) ? `(${node.type})` : node.name;
  if (node.edge === undefined || node.label === undefined) return { ...node, name };
  const edge = 'kind' in node && node.kind === 'property' && !programName.test(node.edge) ? hidden : node.edge;
  return { ...node, name, edge, label: edge };
};
