/**
 * A program of functions whose lines are hard to count through V8's debugger: breakpoints in some of them have killed
 * processes. `// *3` at the end of a line says that each call runs it three times.
 */
export const awkwardCode = `
let sink = 0;
const same = (x) => x;
function choose(i) {
  let sum = 0; // *1
  for (let k = 0; k < 5; k++) { // *6
    switch (same(k)) { // *5
      case same(0): {
        let captured = k + i; // *1
        const add = () => captured++; // *1
        sum += add() + captured; // *1
        break; // *1
      }
      case same(1):
        let shared = sum; // *1
        sink = (() => shared)(); // *1
      case 2:
        sum += 1; // *2
        continue; // *2
      case 3:
        const also = k; // *1
        sum += (() => also)(); // *1
        break; // *1
      default:
        sum -= 1; // *1
    }
  }
  return sum; // *1
}
function labels(i) {
  let turns = 0; // *1
  outer: for (let a = 0; a < 4; a++) { // *4
    const later = () => a; // *4
    inner: for (const b of [1, 2, 3]) {
      if (b === 2) continue inner; // *8
      if (a === 1) continue outer; // *6
      if (a === 3) break outer; // *5
      turns += later(); // *4
    }
    sink = turns; // *2
  }
  block: {
    sink++; // *1
    if (i >= 0) break block; // *1
    sink--; // *0
  }
  do {
    turns--; // *5
  } while (turns > -1);
  return turns; // *1
}
function finallys(i) {
  for (const how of ['return', 'throw', 'break', 'fall']) {
    try {
      try {
        if (how === 'return') continue; // *3
        if (how === 'throw') throw new Error(how); // *2
        if (how === 'break') break; // *1
        sink++; // *0
      } finally {
        sink += i; // *3
      }
    } catch {
      sink--; // *1
    } finally {
      sink %= 1000; // *3
    }
  }
  try {
    return sink; // *1
  } finally {
    sink++; // *1
  }
}
class Shape {
  static #made = 0;
  #side;
  #scale = (() => 2)();
  static { Shape.#made = 1; }
  constructor(side) {
    Shape.#made++; // *1
    this.#side = side; // *1
    const read = () => this.#scale; // *1
    this.read = read; // *1
  }
  get side() {
    const has = #side in this; // *1
    return has ? this.#side : 0; // *1
  }
  #grow(by) {
    this.#side += by; // *2
    return this.#side; // *2
  }
  area(i) {
    const first = this.#grow(i); // *1
    for (const by of [1, 2]) { // *3
      this.#side += by; // *2
      this.#side ||= first; // *2
    }
    return this.#grow(1) * this.read() + this.side; // *1
  }
}
class Cube extends Shape {
  depth = same(3);
  constructor(side) {
    const given = side + 1; // *1
    super(given); // *1
    this.volume = () => super.area(1) * this.depth; // *1
  }
}
function* walk(n) {
  let left = n; // *1
  while (left > 0) { // *3
    try {
      yield left; // *2
      left--; // *2
    } finally {
      sink++; // *2
    }
  }
  const rest = yield* [7, 8]; // *1
  return rest; // *1
}
function* stops() {
  try {
    for (let k = 0; ; k++) {
      yield k; // *2
      sink += k; // *1
    }
  } finally {
    sink++; // *1
  }
}
async function* stream(n) {
  for await (const x of [Promise.resolve(n), n + 1]) { // *3
    const twice = x * 2; // *2
    yield twice; // *2
  }
}
async function step(i) {
  let sum = 0; // *1
  for await (const x of stream(i)) { // *3
    const keep = () => x; // *2
    sum += keep(); // *2
  }
  try {
    await Promise.reject(new Error('no')); // *1
    sum++; // *0
  } catch ({ message }) {
    sum += message.length; // *1
  } finally {
    await null; // *1
  }
  const more = await Promise.all([1, 2].map(async (x) => x + (await sum))); // *1
  return more[0]; // *1
}
function patterns({ a = same(1), ...rest }, [b, c = b] = [same(2)]) {
  for (const [key, value = same(3)] of Object.entries({ rest, b })) { // *3
    sink += key.length; // *2
    sink += value?.length ?? 0; // *2
  }
  for (const key in { a, b, c }) { // *4
    sink += key === 'a' ? 1 : 0; // *3
  }
  const text = ((parts, ...values) => parts.length + values.length)\`x\${a}y\${b}\`; // *1
  if (text) { // *1
    return eval('a + b'); // *1
  } else {
    return 0; // *0
  }
}
function turn(i) {
  for (let k = 0; k < 40; k++) {
    sink += choose(i) + labels(i) + finallys(i) + new Cube(i).area(2) + patterns({ a: i, z: 'zz' });
    for (const x of walk(2)) sink += x;
    for (const x of stops()) if (x === 1) break;
  }
  sink %= 1e9;
  void Promise.all([step(i), step(i + 1)]).then(() => setTimeout(turn, 1, i + 1));
}
process.on('exit', (code) => console.error('exit', code, process.getActiveResourcesInfo().join()));
turn(0);
console.log('ready');
`;

/** Those that wait between two of their lines may be in the middle of some calls when the counting begins and ends. */
export const awkwardFunctions = [
  ...['choose', 'labels', 'finallys', 'Shape.constructor', 'Shape.side', 'Shape.area', 'walk', 'stops', 'patterns'].map(
    (name) => ({ name, callsInPart: 0 }),
  ),
  ...['stream', 'step'].map((name) => ({ name, callsInPart: 2 })),
];

/** For each line that says so, by number: how often a call runs it. */
const timesACall = new Map(
  awkwardCode.split('\n').flatMap((text, at) => {
    const times = /\/\/ \*(\d+)$/.exec(text)?.[1];
    return times === undefined ? [] : [[at + 1, Number(times)] as const];
  }),
);

/**
 * Counts of one function that no number of calls explains. Calls that wait while it is counted may be counted in part.
 */
export const wrongCounts = (
  marks: readonly { readonly line: number; readonly hits: number }[],
  callsInPart: number,
): string[] => {
  const counts = new Map<number, number>();
  for (const { line, hits } of marks) counts.set(line, (counts.get(line) ?? 0) + hits);
  const told = [...timesACall].filter(([line]) => counts.has(line));
  const most = Math.max(...told.map(([, times]) => times));
  const calls = Math.max(...told.map(([line, times]) => (times === most ? (counts.get(line) ?? 0) / times : 0)));
  if (!(calls > 0)) return ['none of its lines was counted'];
  return told.flatMap(([line, times]) => {
    const hits = counts.get(line) ?? 0;
    const isRight = Math.abs(hits - times * calls) <= times * callsInPart;
    return isRight ? [] : [`line ${line}: ${hits} times in ${calls} calls, expected ${times} a call`];
  });
};
