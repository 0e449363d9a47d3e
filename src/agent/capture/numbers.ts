/**
 * Numbers in properties of objects of the running program, which its snapshots leave out. In: V8's ids of objects, and names
 * of properties from each. Out: the numbers. No code of the program runs.
 */
import type { Session } from '../session/protocol.js';

const objectGroup = 'memwatch-numbers';
const timeoutMs = 5000;

/** 0 if the property has no value; undefined if it is no number, or the object is gone. */
export const readNumbers = async (
  session: Session,
  wanted: readonly { readonly heapId: number; readonly path: readonly string[] }[],
): Promise<(number | undefined)[]> => {
  const values: (number | undefined)[] = [];
  try {
    for (const { heapId, path } of wanted) values.push(await readNumber(session, heapId, path).catch(() => undefined));
    return values;
  } finally {
    await session.send('Runtime.releaseObjectGroup', { objectGroup }, { timeoutMs }).catch(() => {});
  }
};

const readNumber = async (session: Session, heapId: number, path: readonly string[]): Promise<number | undefined> => {
  const object = { objectId: String(heapId), objectGroup };
  let { result: value } = await session.send('HeapProfiler.getObjectByHeapObjectId', object, { timeoutMs });
  for (const name of path) {
    const { objectId } = value;
    if (objectId === undefined) return undefined;
    const { result, privateProperties = [] } = await session.send('Runtime.getProperties', { objectId }, { timeoutMs });
    const found = [...privateProperties, ...result].find((one) => one.name === name);
    if (found === undefined) return 0;
    if (found.value === undefined) return undefined; // a getter
    ({ value } = found);
  }
  return numberOf(value);
};

const numberOf = ({ type, subtype, value, unserializableValue }: RemoteValue): number | undefined => {
  if (type === 'undefined' || subtype === 'null') return 0;
  if (type !== 'number') return undefined;
  return typeof value === 'number' ? value : Number(unserializableValue);
};

interface RemoteValue {
  readonly type: string;
  readonly subtype?: string | undefined;
  readonly value?: unknown;
  readonly unserializableValue?: string | undefined;
}
