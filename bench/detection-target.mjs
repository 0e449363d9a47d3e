// The service that detection-real.mjs watches: an HTTP server with live data, a cache that turns over, garbage from each
// request, and a report that is made anew each second. It keeps too much at the given rate, at one of three places.
// At the start it measures its live heap and what one kept object costs; the first line that it prints says so.
//   node --expose-gc detection-target.mjs SHARE-OF-THE-HEAP-PER-SECOND MAP|ARRAY|DICTIONARY HEAP-MB
import { createServer } from 'node:http';

const [share, kind, heapMb] = process.argv.slice(2);
const maxCached = 1000;
const bytesPerProduct = 420;

const makeProduct = (id) => ({
  id,
  name: `product ${id}`,
  tags: [`shelf ${id % 97}`, `kind ${id % 31}`],
  price: Math.random() * 100,
  text: `${id} `.padEnd(60 + (id % 40), 'a word '),
});
const made = Array.from({ length: (Number(heapMb) * 2 ** 20) / bytesPerProduct }, (_, id) => makeProduct(id));
const products = JSON.parse(JSON.stringify(made)); // as if they came from a database: no strings in parts
made.length = 0;

const cache = new Map();
const pageOf = (number) => {
  const cached = cache.get(number);
  if (cached !== undefined) return cached;
  const from = (number * 20) % (products.length - 20);
  const page = {
    number,
    items: products.slice(from, from + 20).map(({ id, name }) => ({ id, name })),
    made: Date.now(),
  };
  cache.set(number, page);
  if (cache.size > maxCached) cache.delete(cache.keys().next().value);
  return page;
};

let report = [];
setInterval(() => {
  const some = Array.from({ length: 500 }, () => products[Math.floor(Math.random() * products.length)]);
  report = some.map(({ name, price }) => ({ name, price })).toSorted((a, b) => a.price - b.price);
}, 1000);

const sessions = new Map();
const events = [];
const visits = {};
let records = 0;
const makeRecord = () => ({
  id: `record ${records++}`,
  at: Date.now(),
  from: `/pages/${records % 5000}`,
  by: [records],
});
const keep = {
  map: () => sessions.set(`session ${records}`, makeRecord()),
  array: () => events.push(makeRecord()),
  dictionary: () => (visits[`visit ${records}`] = makeRecord()),
}[kind];

const collected = () => {
  for (let i = 0; i < 3; i++) globalThis.gc();
  return process.memoryUsage().heapUsed;
};
for (let number = 0; number < 5 * maxCached; number++) pageOf(number);
const before = collected();
const first = 10_000 + Math.floor(Math.random() * 10_000); // it leaks since some time; the clean service keeps them, too
for (let i = 0; i < first; i++) keep();
const heapBytes = collected();
const bytesPerRecord = (heapBytes - before) / first;
const perSecond = (heapBytes * Number(share)) / bytesPerRecord;

let lastAt = performance.now();
let owed = Math.random();
const keepWhatIsOwed = () => {
  owed += (perSecond * (performance.now() - lastAt)) / 1000;
  lastAt = performance.now();
  for (; owed >= 1; owed--) keep();
};

const server = createServer((request, response) => {
  keepWhatIsOwed();
  const page = pageOf(Number(request.url.slice(1)));
  const copy = JSON.parse(JSON.stringify({ ...page, report: report.slice(0, 20) }));
  response.end(JSON.stringify({ ...copy, records }));
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port, heapBytes, bytesPerRecord, perSecond }));
});
