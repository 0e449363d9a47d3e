// Problem: the small helper `mix` takes nearly all of this program's CPU time, but V8 inlines it into its caller.
// The function: `mix`; without --precise a profile of Node 20 or 22 assigns its time to `checksum` or Node's own timers.
// Run: node samples/dist/inlined-helper.js
const data = Uint32Array.from({ length: 4096 }, (_, i) => i * 2654435761);

function checksum(): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum = mix(sum, data[i]);
  return sum;
}

let last = 0;
function tick(): void {
  const until = Date.now() + 20;
  while (Date.now() < until) last ^= checksum();
  setImmediate(tick);
}

function mix(a: number, b: number): number {
  let x = (a ^ b) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 16), 0x27d4eb2f);
  x = Math.imul(x ^ (x >>> 15), 0x165667b1);
  return (x ^ (x >>> 16)) >>> 0;
}

console.log(`ready ${process.pid}`);
tick();
setInterval(() => {
  if (last === -1) console.log(last);
}, 60_000);
