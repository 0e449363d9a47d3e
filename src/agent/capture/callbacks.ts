/**
 * Which functions of the program the active timers, servers, sockets, child processes and requests of a thread will call. In:
 * a session, and which file a position is in. Out: the functions with their places. Nothing is searched for in the heap:
 * Node's table of timers is a variable of its timers module, which the inspector can read through the scope of
 * `clearTimeout`; a callback that only Node's own function knows is a variable of that function's scope. What these places do
 * not hold, or do not hold in another version of Node, is not known.
 */
import type { HandleCallback } from '../../analyzer/model/dump.js';
import type { Location } from '../../analyzer/model/location.js';
import { MemwatchError } from '../../errors.js';
import { callOn, evaluateRemote, memwatchUrl, type Remote } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';
import { holdersInTarget, type HeldFunctions, type Holders } from './callbacks-in-target.js';

const timeoutMs = 1500;

/** 0-based. */
export interface CodePosition {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number;
}

export type Locate = (position: CodePosition) => Location | undefined;

/** Empty if there are none, or none are known. */
export const readCallbacks = async (session: Session, locate: Locate): Promise<HandleCallback[]> => {
  try {
    const holders = await findHolders(session);
    const { names, groups } = await callOn(
      session,
      holders,
      ({ names, groups }) => ({ names, groups: groups.map(({ type, count, held }) => ({ type, count, held })) }),
      [],
      { timeoutMs },
    );
    const parts = await childrenOf(session, holders);
    const [functions, samples] = await Promise.all([
      childrenOf(session, parts.get('functions')),
      childrenOf(session, parts.get('groups')),
    ]);
    const read = (id: string | undefined): Promise<FoundFunction> => readFunction(session, id, locate);
    const found = await Promise.all(names.map((_, at) => read(functions.get(String(at)))));
    const reader = { session, read };
    const calls = await Promise.all(
      groups.map(async (group, at) => callsOf(group, found, reader, samples.get(String(at)))),
    );
    return joined(calls.flat());
  } catch (error) {
    if (error instanceof MemwatchError && ['no-answer', 'target-error'].includes(error.code)) return [];
    throw error;
  }
};

interface FoundFunction {
  readonly name: string;
  readonly place: Location | undefined;
  /** [[Scopes]]. */
  readonly scopes: string | undefined;
}

interface Reader {
  readonly session: Session;
  readonly read: (id: string | undefined) => Promise<FoundFunction>;
}

/** The program's own function of a group of handles; of memwatch's own handles, and where none is known, nothing. */
const callsOf = async (
  { type, count, held }: Omit<HeldFunctions, 'samples'>,
  found: readonly FoundFunction[],
  reader: Reader,
  group: string | undefined,
): Promise<HandleCallback[]> => {
  const functions = held.flatMap((at) => found[at] ?? []);
  if (functions.some(({ place }) => place?.file === memwatchUrl)) return [];
  const own = functions.find(isOfApplication) ?? functions.find(isOfProgram);
  if (own !== undefined) return [{ type, count, ...calledBy(own) }];
  const samples = await childrenOf(reader.session, (await childrenOf(reader.session, group)).get('samples'));
  const behind = await Promise.all([...samples.values()].map((sample) => findBehind(sample, reader)));
  return behind.flatMap((one) => (one === undefined ? [] : [{ type, count: 1, ...calledBy(one) }]));
};

const isOfApplication = (one: FoundFunction): boolean =>
  isOfProgram(one) && one.place?.file.includes('/node_modules/') !== true;
const isOfProgram = ({ place }: FoundFunction): boolean => place !== undefined && !place.file.startsWith('node:');

const calledBy = ({ name, place }: FoundFunction) => ({
  function: name,
  file: place?.file ?? '',
  line: place?.line ?? 0,
});

/** So many functions of a handle: each takes four commands. */
const mostLooked = 6;

/** The program's function that one of Node's own functions has as a variable: the callback of `exec` or of `fs.stat`. */
const findBehind = async (sample: string, { session, read }: Reader): Promise<FoundFunction | undefined> => {
  for (const id of [...(await childrenOf(session, sample)).values()].slice(0, mostLooked)) {
    const { scopes } = await read(id);
    const [closest] = (await childrenOf(session, scopes)).values();
    for (const [variable, value] of await childrenOf(session, closest)) {
      if (!/^(?:callback|cb|listener|handler|fn|done|resolve|reject)$/.test(variable)) continue;
      const own = await read(value);
      if (isOfProgram(own)) return own;
    }
  }
  return undefined;
};

/** One row for a function of a type. */
const joined = (calls: readonly HandleCallback[]): HandleCallback[] => {
  const rows = new Map<string, HandleCallback>();
  for (const call of calls) {
    const key = JSON.stringify([call.type, call.function, call.file, call.line]);
    rows.set(key, { ...call, count: call.count + (rows.get(key)?.count ?? 0) });
  }
  return [...rows.values()].sort((a, b) => b.count - a.count);
};

const findHolders = async (session: Session): Promise<Remote<Holders>> => {
  const clear = await evaluateRemote(session, clearTimeoutInTarget, [], { timeoutMs, mayNeedRequire: true });
  const { scopes } = await readFunction(session, clear, () => undefined);
  const [module] = (await childrenOf(session, scopes)).values();
  const lists = (await childrenOf(session, module)).get('timerListMap');
  const { result } = await session.send(
    'Runtime.callFunctionOn',
    {
      objectId: clear,
      functionDeclaration: String(holdersInTarget),
      arguments: [lists === undefined ? { value: {} } : { objectId: lists }],
      silent: true,
    },
    { timeoutMs },
  );
  return result.objectId as Remote<Holders>;
};

/** The objects that an object's own properties hold, by name. */
const childrenOf = async (session: Session, objectId: string | undefined): Promise<Map<string, string>> => {
  if (objectId === undefined) return new Map();
  const { result } = await session.send('Runtime.getProperties', { objectId, ownProperties: true }, { timeoutMs });
  return new Map(result.flatMap(({ name, value }) => (value?.objectId === undefined ? [] : [[name, value.objectId]])));
};

const readFunction = async (session: Session, objectId: string | undefined, locate: Locate): Promise<FoundFunction> => {
  if (objectId === undefined) return { name: '', place: undefined, scopes: undefined };
  const { result, internalProperties = [] } = await session.send(
    'Runtime.getProperties',
    { objectId, ownProperties: true },
    { timeoutMs },
  );
  const valueOf = (wanted: string) => internalProperties.find(({ name }) => name === wanted)?.value;
  const position: CodePosition | undefined = valueOf('[[FunctionLocation]]')?.value;
  return {
    name: String(result.find(({ name }) => name === 'name')?.value?.value ?? ''),
    place: position && locate(position),
    scopes: valueOf('[[Scopes]]')?.objectId,
  };
};

/** Runs in the target. */
function clearTimeoutInTarget(): typeof clearTimeout {
  const builtin: NodeJS.Process['getBuiltinModule'] = process.getBuiltinModule ?? require;
  return builtin('node:timers').clearTimeout;
}
