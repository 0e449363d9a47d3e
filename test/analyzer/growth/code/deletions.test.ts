import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDeletions } from '#memwatch/analyzer/growth/code/deletions.js';

const deletionOf = (source: string, name = 'cache'): string => {
  const [found] = findDeletions(source, name);
  return found === undefined ? 'none' : `${found.by} ${found.limit} at line ${found.line + 1}`;
};

test('a cap in the function that adds bounds a collection', () => {
  const lru = `const cache = new Map(); const MAX = 2 * 1000;
    function put(k, v) { cache.delete(k); cache.set(k, v);
      if (cache.size > MAX) cache.delete(cache.keys().next().value); }`;
  assert.equal(deletionOf(lru), 'size 2000 at line 3');
  assert.equal(deletionOf('const put = (v) => { cache.push(v); while (cache.length > 50) cache.shift(); };'), 'size 50 at line 1'); // prettier-ignore
  assert.equal(deletionOf('const put = (k) => { if (Object.keys(cache).length >= 9) return; cache[k] = 1; };'), 'size 9 at line 1'); // prettier-ignore
});

test('a cap in a method that the adding one calls, and one with a limit that is no constant', () => {
  const list = `class Log { #cache = []; add(x) { this.#cache.push(x); this.#trim(); }
    #trim() { if (this.#cache.length > 100) this.#cache.splice(0, 10); } }`;
  assert.equal(deletionOf(list, '#cache'), 'size 100 at line 2');
  const lru = `class LRU { set(k, v) { const at = this.size === this.max ? this.evict() : this.size; this.cache.set(k, at); }
    evict() { this.cache.delete(this.first); } }`;
  assert.equal(deletionOf(lru), 'size undefined at line 1');
  const halves = `class Quick { add(k, v) { this.cache.set(k, v); if (++this.n >= this.maxSize) { this.old = this.cache; this.cache = new Map(); } } }`;
  assert.equal(deletionOf(halves), 'size undefined at line 1');
});

test('a limit of the size of one entry bounds no collection', () => {
  const entry = `class LRU { set(k, v, opts) { const size = this.sizeOf(v, opts.size);
      if (this.maxEntrySize && size > this.maxEntrySize) { this.delete(k); return; } this.cache.set(k, v); }
    delete(k) { this.cache.delete(k); } }`;
  assert.equal(deletionOf(entry), 'none');
  assert.equal(deletionOf('function put(k, v) { if (v.size > MAX) cache.delete(k); cache.set(k, v); }'), 'none');
  const sum = `class LRU { set(k, v) { const n = this.cache.size; if (n >= this.max) this.drop(); this.cache.set(k, v); }
    drop() { this.cache.clear(); } }`;
  assert.equal(deletionOf(sum), 'size undefined at line 1', 'a variable that holds its size');
});

test('a minifier leaves no names: a counter of what is added is compared', () => {
  const list = `class L{#c=[];#n=0;#o;s(k,v){let u=this.#n===0?0:this.#n===this.#o?this.#g(!1):this.#n;this.#c[u]=v;this.#n++}
    #g(){this.#c[0]=void 0}}`;
  assert.equal(deletionOf(list, '#c'), 'size undefined at line 1');
  const bytes = `class L{#c=[];#b=0;#m;s(k,v){this.#a(v);this.#c.push(v)}#a(e){if(this.#m){let n=this.#m-e;
    for(;this.#b>n;)this.#g()}this.#b+=e}#g(){this.#c.shift()}}function o(){let n=1}`;
  assert.equal(deletionOf(bytes, '#c'), 'size undefined at line 2');
  const id = 'class L{s(k,v){if(k===this.n)this.cache.delete(k);this.n++;this.cache.set(k,v)}}';
  assert.equal(deletionOf(id), 'none', 'an id is no limit');
});

test('what a limit depends on in the running program', () => {
  const [cap] = findDeletions(
    `class Store { set(k, v) { if (this.options.maxKeys > -1 && this.stats.keys >= this.options.maxKeys) throw Error();
      this.cache[k] = v; this.stats.keys++; } del(k) { delete this.cache[k]; } }`,
    'cache',
  );
  assert.deepEqual(cap?.limitIn, ['options', 'maxKeys']);
  assert.deepEqual(cap.needs, [['options', 'maxKeys']]);
  const [weight] = findDeletions(
    `class Store { add(v, size) { if (this.max) { const max = this.max - size; while (this.total > max) this.cache.shift(); }
      this.total += size; this.cache.push(v); } }`,
    'cache',
  );
  assert.equal(weight?.limitIn, undefined, 'it limits no number of entries');
  assert.deepEqual(weight?.needs, [['max'], ['max']]);
});

test('a pool is bounded where one takes from it, and counts what it makes; a queue of jobs is not', () => {
  const pool = `class Pool { free = []; size = 0; max = 60; give(c) { this.free.push(c); }
    take() { if (this.free.length > 0) return this.free.pop();
      if (this.size < this.max) { this.size++; return { id: this.size }; } } }`;
  assert.equal(deletionOf(pool, 'free'), 'size undefined at line 3');
  const counts = `function take() { const c = cache.pop(); if (c) return c; if (size < 20) { size += 1; return make(); } }`;
  assert.equal(deletionOf(counts), 'size 20 at line 1');
  const jobs = `function next() { if (activeCount < limit) { activeCount++; run(cache.shift()); } }
    function add(job) { cache.push(job); next(); }`;
  assert.equal(deletionOf(jobs), 'none');
});

test('timers that delete bound a collection', () => {
  assert.equal(deletionOf('function add(id) { cache.set(id, 1);\nsetTimeout(() => cache.delete(id), 180_000).unref(); }'), 'timeout 180000 at line 2'); // prettier-ignore
  const sweep = `function sweep() { for (const [k, v] of cache) if (v.at < Date.now()) cache.delete(k); }
    setInterval(sweep, 60 * 1000);`;
  assert.equal(deletionOf(sweep), 'interval 60000 at line 2');
  const store = `class Store { constructor() { setInterval(() => this.expire(), this.every); } set(k, v) { this.cache[k] = v; }
    expire() { for (const k in this.cache) this.remove(k); } remove(k) { delete this.cache[k]; } }`;
  assert.equal(deletionOf(store), 'interval undefined at line 1');
  const again = `class Store { set(k, v) { this.cache[k] = v; } check() { for (const k in this.cache) this.expire(k);
    this.timer = setTimeout(this.check, this.period * 1000); } expire(k) { if (this.cache[k].t < Date.now()) delete this.cache[k]; } }`;
  assert.equal(deletionOf(again), 'interval undefined at line 2', 'a sweep that sets its next timer');
  assert.equal(deletionOf('setInterval(() => { cache = new Set(); }, 1000); const add = (v) => cache.add(v);'), 'interval 1000 at line 1'); // prettier-ignore
});

test('what does not bound a collection', () => {
  assert.equal(deletionOf('const memo = (k) => { if (!cache.has(k)) cache.set(k, slow(k)); return cache.get(k); };'), 'none'); // prettier-ignore
  // it deletes only if all goes well
  assert.equal(deletionOf('async function get(k) { cache.set(k, 1); const r = await load(k); cache.delete(k); return r; }'), 'none'); // prettier-ignore
  // a timer that drives the program
  assert.equal(deletionOf('function job(k) { cache.set(k, 1); if (ok(k)) cache.delete(k); }\nsetInterval(() => job(n++), 20);'), 'none'); // prettier-ignore
  // a parameter, and a property, called like a function that deletes
  const bundle = 'function add(k) { cache.push(k); } function settle() { cache = []; }';
  assert.equal(deletionOf(`${bundle} const later = () => new Promise((settle) => setTimeout(() => settle(1), 10));`), 'none'); // prettier-ignore
  assert.equal(deletionOf(`${bundle} function wait() { setTimeout(() => clock.settle(), 10); }`), 'none');
  // a count of users, and a collection of another name
  assert.equal(deletionOf('function use(k) { cache.set(k, 1); if (--users.count === 0) cache.delete(k); }'), 'none');
  assert.equal(deletionOf('function add(k) { cache.set(k, 1); setTimeout(() => other.delete(k), 100); }'), 'none');
  assert.equal(deletionOf('not } a program'), 'none');
});
