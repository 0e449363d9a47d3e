/* oxlint-disable typescript/no-extraneous-class -- classes are what a service's heap is made of */
// Writes a snapshot of a heap like that of a service that has run for a long time: sessions, an LRU cache, a graph of records,
// closures over requests, typed arrays, dictionaries and many short strings.
//   node --max-old-space-size=8192 bench/make-service.mjs FILE [scale, 1 is about 1.2 GB]
import { writeHeapSnapshot } from 'node:v8';

const [file, scale = '1'] = process.argv.slice(2);
const size = Number(scale);
let state = 42;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 4294967296) * below);
};

class Session {
  constructor(id) {
    this.id = id;
    this.user = { name: `user-${id}`, mail: `user-${id}@example.org`, roles: ['reader', id % 7 ? 'writer' : 'admin'] };
    this.history = [];
    this.touched = id * 1.5;
  }
}
class Visit {
  constructor(session, page) {
    this.session = session;
    this.page = page;
    this.at = page * 0.25 + session.id;
  }
}
class Entry {
  constructor(key, value, older) {
    this.key = key;
    this.value = value;
    this.older = older;
    this.newer = null;
  }
}
class Cache {
  constructor() {
    this.index = new Map();
    this.newest = null;
  }
  add(key, value) {
    const entry = new Entry(key, value, this.newest);
    if (this.newest) this.newest.newer = entry;
    this.newest = entry;
    this.index.set(key, entry);
  }
}
class Record {
  constructor(id) {
    this.id = id;
    this.fields = { title: `record ${id}`, tags: [`t${id % 50}`, `t${id % 31}`], score: id / 3 };
    this.links = [];
  }
}

const sessions = new Map();
for (let id = 0; id < 230_000 * size; id++) {
  const session = new Session(id);
  for (let visit = 0; visit < 4; visit++) session.history.push(new Visit(session, random(1000)));
  sessions.set(`session-${id}`, session);
}
const records = Array.from({ length: Math.floor(420_000 * size) }, (_, id) => new Record(id));
for (const record of records) for (let link = 0; link < 6; link++) record.links.push(records[random(records.length)]);
const cache = new Cache();
for (let id = 0; id < 500_000 * size; id++)
  cache.add(`key-${id}`, { record: records[random(records.length)], hits: id * 0.1 });
const listeners = [];
for (let id = 0; id < 300_000 * size; id++) {
  const request = { id, url: `/items/${id}`, headers: { host: 'example.org', cookie: `c=${id}` } };
  listeners.push(() => request.url);
}
const meta = new WeakMap();
for (let id = 0; id < 20_000 * size; id++) meta.set(records[id], { seen: id * 0.5, by: `worker-${id % 9}` });
const dictionary = {};
for (let id = 0; id < 200_000 * size; id++) dictionary[`d${id}`] = [id * 0.5, `value ${id}`];
const buffers = Array.from({ length: Math.floor(5_000 * size) }, (_, id) => new Float64Array(64 + (id % 64)));

globalThis.service = { sessions, cache, listeners, meta, dictionary, buffers };
writeHeapSnapshot(file);
