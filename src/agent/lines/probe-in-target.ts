/**
 * What `--probe` puts into a target: breakpoints whose conditions record and are never true. Every function here runs in
 * the target and uses nothing from outside itself; what they share is stored on globalThis under one name.
 *
 * Only one way to use V8's debugger survived the stress tests: a session inside the process, commands posted only from
 * setImmediate (no JavaScript of the program is on the stack then), all pauses skipped, and breakpoints made inactive one
 * turn of the loop before they are removed. Commands sent in other ways killed targets.
 */
import type { Guard } from '../session/guard.js';
import type { Probe, ProbeOrder, ProbePlace, ProbeState } from './probe-messages.js';

/** Opens the session and finds where V8 can break between two positions. Throws if a probe is already there. */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
export const openProbe = (
  client: string,
  scriptId: string,
  start: { line: number; column: number },
  end: { line: number; column: number },
): void => {
  if ('__memwatchProbe__' in globalThis) throw new Error('another memwatch probes this process');
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { Session } = guard.builtin('node:inspector');
  const { setImmediate } = guard.builtin('node:timers');
  const { getHeapStatistics } = guard.builtin('node:v8');
  const { performance } = guard.builtin('node:perf_hooks');
  const { executionAsyncId } = guard.builtin('node:async_hooks');
  const session = new Session();
  const width = 10;
  const post = (method: string, params: object = {}): Record<string, never> => {
    let answer: Record<string, never> = {};
    session.post(method, params, (error, result) => {
      if (error !== null) throw new Error(`${method}: ${error.message}`);
      answer = result as typeof answer;
    });
    return answer;
  };
  /**
   * Goes through a promise first: a command of memwatch's runs as an interrupt, possibly in the middle of Node's own list
   * of immediates, which must not be touched then. V8's list of promise reactions may be.
   */
  const later = async (work: () => void): Promise<void> => {
    await undefined;
    setImmediate(() => {
      try {
        work();
      } catch (error) {
        probe.error ??= error instanceof Error ? error.message : String(error);
        probe.remove();
      }
    });
  };
  const quietly = (work: () => unknown): void => {
    try {
      work();
    } catch {
      // a breakpoint that is already gone needs no removal
    }
  };
  const ids: string[] = [];
  let places: readonly ProbePlace[] = [];
  let maxHits = Infinity;
  let timer: NodeJS.Timeout | undefined;
  let connected = false;
  let asked = false;
  let removing = false;
  let open = -1;
  let openedBy = -1;
  const last: { statistics?: object; buffer?: ArrayBuffer } = {};
  const before = new Float64Array(3);
  const after = new Float64Array(3);
  const begun = new Float64Array(3);
  const read = (into: Float64Array): void => {
    const statistics = getHeapStatistics();
    last.statistics = statistics;
    into[0] = performance.now();
    into[1] = statistics.used_heap_size;
    into[2] = statistics.external_memory;
  };
  const book = (place: number): void => {
    const { rows } = probe;
    const at = place * width;
    const heap = before[1] - begun[1];
    const external = before[2] - begun[2];
    const group = at + (heap < 0 || external < 0 ? 5 : 2);
    rows[at + 1] += before[0] - begun[0];
    rows[group] += 1;
    rows[group + 1] += heap;
    rows[group + 2] += external;
    if (before[1] + before[2] > rows[at + 8]) rows[at + 8] = before[1] + before[2];
  };
  /**
   * What a probe costs, by its two readings. Its bytes are the same at each pass of a place unless a collection runs, so
   * the median of the last few is used. Its time is nearly the same at all places, and time lost to other processes is lost
   * by the measured code as well, so the mean of all is used.
   */
  const samples = 255;
  let taken = new Uint32Array(0);
  let costBytes = new Float64Array(0);
  const costMs = { sum: 0, count: 0 };
  const middle = (of: Float64Array, place: number): number => {
    const some = of.slice(place * samples, place * samples + Math.min(samples, taken[place] ?? 0)).sort();
    return some[some.length >> 1] ?? 0;
  };
  const probe: Probe = {
    phase: 'asked',
    error: undefined,
    locations: [],
    hits: 0,
    calls: 0,
    rows: new Float64Array(0),
    costs: () => places.map((_, place) => [costMs.sum / Math.max(1, costMs.count), middle(costBytes, place)]),
    end: (index) => {
      if (removing) return false;
      read(before);
      const place = places[index];
      const line = open;
      open = -1;
      if (place === undefined) return false;
      if (place.enters) probe.calls += 1;
      if (place.counts) probe.rows[index * width] += 1;
      if (line >= 0) {
        // a call that begins while a line is open: the function called itself, or it threw and left the line open; the two
        // cannot be told apart
        const lost = place.enters || executionAsyncId() !== openedBy || places[line]?.waits === true;
        if (lost) probe.rows[line * width + 9] += 1;
        else book(line);
      }
      probe.hits += 1;
      if (probe.hits >= maxHits) {
        removing = true;
        probe.remove();
      }
      last.buffer = new ArrayBuffer(0); // V8 updates its count of dead Buffers when one is made, see line-readings.ts
      read(after);
      return false;
    },
    begin: (index) => {
      const place = places[index];
      if (removing || place === undefined) return false;
      openedBy = executionAsyncId();
      read(begun);
      const sample = index * samples + (taken[index] % samples);
      taken[index] += 1;
      costMs.sum += begun[0] - after[0];
      costMs.count += 1;
      costBytes[sample] = begun[1] - after[1];
      open = index;
      read(begun);
      return false;
    },
    set: (order) => {
      void later(() => {
        if (asked) return;
        places = order.places;
        maxHits = order.maxHits;
        probe.rows = new Float64Array(places.length * width);
        taken = new Uint32Array(places.length);
        costBytes = new Float64Array(places.length * samples);
        order.places.forEach(({ lineNumber, columnNumber, leaves }, index) => {
          const first = { url: order.url, lineNumber, columnNumber, condition: `__memwatchProbe__.end(${index})` };
          ids.push(post('Debugger.setBreakpointByUrl', first)['breakpointId'] ?? '');
          if (leaves) return;
          const location = { scriptId, lineNumber, columnNumber };
          const second = { location, condition: `__memwatchProbe__.begin(${index})` };
          ids.push(post('Debugger.setBreakpoint', second)['breakpointId'] ?? '');
        });
        probe.phase = 'set';
        timer = guard.builtin('node:timers').setTimeout(probe.remove, order.maxMs).unref();
      });
    },
    remove: () => {
      if (asked) return;
      asked = true;
      clearTimeout(timer);
      void later(() => {
        removing = true; // not earlier: a call that is running is counted to its end
        if (connected) quietly(() => post('Debugger.setBreakpointsActive', { active: false }));
        if (connected) probe.phase = 'inactive';
        void later(finish);
      });
    },
  };
  const finish = (): void => {
    if (connected) {
      for (const breakpointId of ids) quietly(() => post('Debugger.removeBreakpoint', { breakpointId }));
      quietly(() => post('Debugger.disable'));
      session.disconnect();
    }
    Reflect.deleteProperty(globalThis, '__memwatchProbe__');
    probe.phase = 'removed';
  };
  Object.defineProperty(globalThis, '__memwatchProbe__', { value: probe, configurable: true });
  Object.defineProperty(guard, 'probe', { value: probe, configurable: true, writable: true });
  guard.onLeave(client, probe.remove);
  void later(() => {
    if (asked) return;
    session.connect();
    connected = true;
    post('Debugger.enable');
    post('Debugger.setSkipAllPauses', { skip: true });
    const position = (at: { line: number; column: number }) => ({
      scriptId,
      lineNumber: at.line,
      columnNumber: at.column,
    });
    const range = { start: position(start), end: position(end), restrictToFunction: true };
    probe.locations = post('Debugger.getPossibleBreakpoints', range)['locations'] ?? [];
    probe.phase = 'located';
  });
};

export const setProbe = (order: ProbeOrder): void => {
  const guard: Guard & { probe?: Probe } = Reflect.get(process, Symbol.for('memwatch'));
  guard.probe?.set(order);
};

export const removeProbe = (): void => {
  const guard: (Guard & { probe?: Probe }) | undefined = Reflect.get(process, Symbol.for('memwatch'));
  guard?.probe?.remove();
};

export const readProbe = (): ProbeState | undefined => {
  const guard: (Guard & { probe?: Probe }) | undefined = Reflect.get(process, Symbol.for('memwatch'));
  const probe = guard?.probe;
  if (probe === undefined) return undefined;
  const { phase, error, hits, calls, locations, rows } = probe;
  const over = phase === 'removed'; // the numbers are only asked for once, after removal
  const numbers = over ? { rows: [...rows], costs: probe.costs() } : { rows: [], costs: [] };
  return { phase, error, hits, calls, locations, ...numbers };
};
