/**
 * The half of the census that runs inside the target. It is sent there as source text, so these functions use nothing from
 * outside themselves. They run no code of the target's: proxies are left alone, `constructor` and `name` are read through
 * property descriptors, and a Map's size through its getter, after a check that it is the built-in one.
 */

/** What the target keeps between two counts, until memwatch releases it. */
export interface CensusState {
  /** Weak references to the watched containers, by slot; a slot is never reused. */
  refs: (WeakRef<object> | undefined)[];
  /** For each slot: its entries at the last count. */
  sizes: number[];
}

/** One count, as sent over the connection. */
export interface CensusCount {
  classes: [name: string, count: number][];
  containers: {
    slot: number;
    kind: 'Map' | 'Set' | 'Array' | 'Object';
    size: number;
    previous: number | null;
    holds: string;
    heldBy: string;
  }[];
}

/** The functions that the counts use, made once when the census starts. */
export interface CensusTools {
  isProxy(value: unknown): boolean;
  isMap(value: unknown): boolean;
  isSet(value: unknown): boolean;
  isBuiltIn(value: unknown): value is () => number;
  /** Entries of a Map, a Set or an array, keys of a plain object that is used as a dictionary; -1: no container. */
  sizeOf(object: object): number;
  /** A key of the dictionary that `sizeOf` was last asked about: to list the keys of a large one again takes seconds. */
  aKey: string | undefined;
}

/** Objects with at most this many properties are usual; plain ones with more are dictionaries. */
export const mostProperties = 40;

/** Makes the tools and the empty state. */
export function prepareCensus(
  types: Pick<CensusTools, 'isProxy' | 'isMap' | 'isSet'>,
  mostProperties: number,
): { state: CensusState; tools: CensusTools } {
  const { isProxy, isMap, isSet } = types;
  const isBuiltIn = (value: unknown): value is () => number =>
    typeof value === 'function' && /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(value));
  const sizeGetter = (prototype: object): (() => number) | undefined => {
    const get: unknown = Object.getOwnPropertyDescriptor(prototype, 'size')?.get;
    return isBuiltIn(get) ? get : undefined;
  };
  const mapSize = sizeGetter(Map.prototype);
  const setSize = sizeGetter(Set.prototype);
  /** Not by `for in`, which takes three times as long for a large dictionary: a second for a million keys. */
  const keysOf = (object: object): number => {
    const keys = Object.keys(object);
    if (keys.length <= mostProperties) return -1;
    [tools.aKey] = keys;
    return keys.length;
  };
  const sizeOf = (object: object): number => {
    if (Array.isArray(object)) return Number(Object.getOwnPropertyDescriptor(object, 'length')?.value);
    if (mapSize !== undefined && isMap(object)) return mapSize.call(object);
    if (setSize !== undefined && isSet(object)) return setSize.call(object);
    return Object.getPrototypeOf(object) === Object.prototype ? keysOf(object) : -1;
  };
  const tools: CensusTools = { isProxy, isMap, isSet, isBuiltIn, sizeOf, aKey: undefined };
  return { state: { refs: [], sizes: [] }, tools };
}

/** The sizes of watched containers now, by slot; -1 for those that are gone. */
export function readSizes(slots: number[], state: CensusState, tools: CensusTools): number[] {
  return slots.map((slot) => {
    const container = state.refs[slot]?.deref();
    return container === undefined ? -1 : tools.sizeOf(container);
  });
}

/**
 * Counts the objects by the name of their constructor, and the entries of the containers. At most `watched` containers are
 * remembered, the largest ones.
 */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
export function countObjects(
  objects: object[],
  state: CensusState,
  tools: CensusTools,
  watched: number,
  smallest: number,
  mostProperties: number,
): CensusCount {
  const describe = Object.getOwnPropertyDescriptor;
  const prototypeOf = Object.getPrototypeOf as (value: object) => object | null;
  /**
   * At most this many objects of a class, and in all: the search for holders then takes a moment however large the heap is.
   */
  const mostAlike = 5000;
  const mostHolders = 50_000;
  const nameOfFunction = (value: unknown): string => {
    if (typeof value !== 'function' || tools.isProxy(value)) return '';
    const name: unknown = describe(value, 'name')?.value;
    return typeof name === 'string' ? name : '';
  };
  const names = new Map<object, string>();
  const ownName = (prototype: object): string =>
    tools.isProxy(prototype) ? '(proxy)' : nameOfFunction(describe(prototype, 'constructor')?.value);
  const classOf = (prototype: object | null): string => {
    if (prototype === null) return '(no prototype)';
    const known = names.get(prototype);
    if (known !== undefined) return known;
    let name = '';
    for (let at: object | null = prototype; at !== null && name === ''; at = prototypeOf(at)) name = ownName(at);
    names.set(prototype, name);
    return name;
  };
  const classOfValue = (value: unknown): string => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return typeof value;
    return tools.isProxy(value) ? '(proxy)' : classOf(prototypeOf(value));
  };
  /** Their built-in iterator, which runs no code of the program; undefined if the program replaced it. */
  const stepperOf = (empty: Map<unknown, unknown> | Set<unknown>): ((of: object) => unknown) | undefined => {
    const prototype = prototypeOf(empty) ?? empty;
    const values: unknown = describe(prototype, 'values')?.value;
    if (!tools.isBuiltIn(values)) return undefined;
    const begin = values as unknown as () => object;
    const next: unknown = describe(prototypeOf(begin.call(empty)) ?? {}, 'next')?.value;
    if (!tools.isBuiltIn(next)) return undefined;
    const step = next as unknown as () => { value?: unknown };
    return (of) => step.call(begin.call(of)).value;
  };
  const firstOfMap = stepperOf(new Map());
  const firstOfSet = stepperOf(new Set());
  const valueAt = (object: object, key: string): unknown => describe(object, key)?.value;
  /** One entry as an example: the last of an array, otherwise the first. */
  const anEntryOf = (container: object, aKey: string | undefined): unknown => {
    if (Array.isArray(container)) return valueAt(container, String(Number(valueAt(container, 'length')) - 1));
    if (tools.isMap(container)) return firstOfMap?.(container);
    if (tools.isSet(container)) return firstOfSet?.(container);
    return aKey === undefined ? undefined : valueAt(container, aKey);
  };
  const holds = (container: object, aKey: string | undefined): string => {
    const entry = anEntryOf(container, aKey);
    return entry === undefined ? '' : classOfValue(entry);
  };
  const kindOf = (object: object): CensusCount['containers'][number]['kind'] => {
    if (Array.isArray(object)) return 'Array';
    return tools.isMap(object) ? 'Map' : tools.isSet(object) ? 'Set' : 'Object';
  };

  /** To list its keys once more takes long. */
  const isDictionary = (object: object, size: number): boolean =>
    size > mostProperties && !tools.isMap(object) && !tools.isSet(object);

  const own = new Set<object>([state, state.refs, state.sizes, tools]);
  const slots = new Map<object, number>();
  for (let slot = 0; slot < state.refs.length; slot++) {
    const ref = state.refs[slot];
    if (ref === undefined) continue;
    own.add(ref);
    const container = ref.deref();
    if (container === undefined) state.refs[slot] = undefined;
    else slots.set(container, slot);
  }

  const counts = new Map<string, number>();
  const found: { object: object; size: number; aKey: string | undefined }[] = [];
  const rare: object[] = [];
  for (let i = 0; i < objects.length; i++) {
    const object = objects[i] as object;
    if (tools.isProxy(object) || own.has(object)) continue;
    const name = classOf(prototypeOf(object));
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    tools.aKey = undefined;
    const size = tools.sizeOf(object);
    const isHolder = !Array.isArray(object) && !ArrayBuffer.isView(object) && !isDictionary(object, size);
    if (count <= mostAlike && isHolder) rare.push(object);
    if (size >= smallest || slots.has(object)) found.push({ object, size, aKey: tools.aKey });
  }
  found.sort((a, b) => b.size - a.size);
  found.length = Math.min(found.length, watched);

  /**
   * Rare classes are searched first for holders: what holds a large collection is rarely one of many objects of its class.
   */
  const heldBy = new Map<object, string>();
  const wanted = new Set(found.map(({ object }) => object));
  const rank = (object: object): number => counts.get(classOf(prototypeOf(object))) ?? 0;
  const rarestFirst = rare.sort((a, b) => rank(a) - rank(b)).slice(0, mostHolders);
  for (const holder of rarestFirst) {
    const keys = Reflect.ownKeys(holder);
    if (keys.length > mostProperties) continue;
    const name = typeof holder === 'function' ? nameOfFunction(holder) || 'function' : classOf(prototypeOf(holder));
    for (const key of keys) {
      if (key === 'prototype' && typeof holder === 'function') continue; // V8 makes it when it is first read, and keeps it
      const value: unknown = describe(holder, key)?.value;
      if (typeof value !== 'object' || value === null || !wanted.has(value) || heldBy.has(value)) continue;
      heldBy.set(value, typeof key === 'symbol' ? `${name}[${String(key)}]` : `${name}.${key}`);
    }
  }
  const containers = [];
  for (const { object, size, aKey } of found) {
    const known = slots.get(object);
    const slot = known ?? state.refs.push(new WeakRef(object)) - 1;
    const previous = known === undefined ? null : (state.sizes[slot] ?? null);
    state.sizes[slot] = size;
    containers.push({
      slot,
      kind: kindOf(object),
      size,
      previous,
      holds: holds(object, aKey),
      heldBy: heldBy.get(object) ?? '',
    });
  }
  return { classes: [...counts], containers };
}

/** Takes Node's modules from process.getBuiltinModule, or from the console's `require` if that is missing. */
export const prepareSource = `(() => {
  const get = typeof process.getBuiltinModule === 'function' ? process.getBuiltinModule.bind(process) : require;
  return (${prepareCensus.toString()})(get('util').types, ${mostProperties});
})()`;
