import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allowedError,
  isLookDue,
  readingsOfFirstLook,
  slopeAtLook,
} from '#memwatch/analyzer/growth/readings/sequential.js';
import { computeSlope, type Point } from '#memwatch/analyzer/growth/readings/slope.js';
import { seeded } from '../../../support/slow.js';

/** How readings vary apart from growing, in KB, one figure per reading; each call of the outer function is a new process. */
type Noise = (random: () => number) => () => number;

const gauss = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const alike =
  (share: number): Noise =>
  (random) => {
    let error = 0;
    return () => (error = share * error + 30 * gauss(random));
  };

const sawtooth =
  (period: number): Noise =>
  (random) => {
    let at = Math.floor(random() * period);
    return () => (at++ % period) * 60 + 5 * gauss(random);
  };

/** Changes between two levels, and stays on each for this many readings. */
const levels =
  (readings: number): Noise =>
  (random) => {
    let high = random() < 0.5;
    return () => {
      if (random() < 1 / readings) high = !high;
      return (high ? 200 : 0) + 5 * gauss(random);
    };
  };

const noises: Readonly<Record<string, Noise>> = {
  'independent errors': (random) => () => 30 * gauss(random),
  'readings that jump by what one tick holds': (random) => () => (random() < 0.35 ? 300 : 0) + 5 * gauss(random),
  'readings that are like the one before': alike(0.5),
  'readings that are much like the one before': alike(0.8),
  'a sawtooth of 5 readings': sawtooth(5),
  'a sawtooth of 17 readings': sawtooth(17),
  'levels of 10 readings': levels(10),
  'levels of 40 readings': levels(40),
  'a long tail': (random) => () => -100 * Math.log(1 - random()),
};

const processes = 400;
const readings = 90;
/** If one in twenty bounds is wrong, then in one of a hundred tests more than this many of 400 processes have wrong bounds. */
const mostMisses = allowedError * processes + 2.33 * Math.sqrt(allowedError * (1 - allowedError) * processes);

const secondsBetween = 0.7;

const grow = (perSecond: number, error: () => number): Point[] =>
  Array.from({ length: readings }, (_, at) => {
    const x = secondsBetween * at;
    return { x, y: 4000 + perSecond * x + error() };
  });

const missesOf = (noise: Noise, every: number): number => {
  const random = seeded(14);
  let misses = 0;
  for (let i = 0; i < processes; i++) {
    const points = grow(14, noise(random)).filter((_, at) => at % every === 0);
    const looks = points.map((_, at) => points.slice(0, at + 1)).filter(({ length }) => isLookDue(length));
    const slopes = looks.map((look) => slopeAtLook(look));
    if (slopes.some(({ low, high }) => low > 14 || high < 14)) misses++;
  }
  return misses;
};

for (const [name, noise] of Object.entries(noises)) {
  test(`95 % is 95 % over all looks together: ${name}`, () => {
    for (const every of [1, 3]) {
      const misses = missesOf(noise, every);
      assert.ok(misses <= mostMisses, `${misses} of ${processes} were outside their bounds, each ${every} readings`);
    }
  });
}

test('growth is proved within 90 readings, and the bounds of what does not grow close in on zero', () => {
  const random = seeded(15);
  const watches = Array.from({ length: 50 }, () => alike(0.5)(random));
  const proved = watches.filter((noise) => slopeAtLook(grow(14, noise)).low > 0);
  const closedIn = watches.filter((noise) => slopeAtLook(grow(0, noise)).high < 11);
  assert.ok(proved.length >= 45, `${proved.length} of 50 proved`);
  assert.ok(closedIn.length >= 45, `${closedIn.length} of 50 closed in`);
});

test('one step is no proof of growth, and no proof of the opposite', () => {
  const points = Array.from({ length: 28 }, (_, at) => ({ x: secondsBetween * at, y: at < 14 ? 3500 : 3700 }));
  const { low, high } = slopeAtLook(points);
  assert.equal(low, 0);
  assert.ok(high >= 200 / 10, `at most ${high} a second`);
});

test('looks are few: each costs a share of the error', () => {
  const due = Array.from({ length: 1000 }, (_, count) => count).filter(isLookDue);
  assert.equal(due[0], readingsOfFirstLook);
  assert.ok(due.length < 20);
});

test('fewer readings than the first look requires lead to no statement', () => {
  const few = slopeAtLook(grow(14, () => 0).slice(0, readingsOfFirstLook - 1));
  assert.deepEqual([few.low, few.high], [-Infinity, Infinity]);
  assert.ok(slopeAtLook(grow(14, () => 0).slice(0, 16), true).low > 0, 'but if the time is over, there is one look');
  assert.equal(slopeAtLook(grow(14, () => 0).slice(0, 4), true).low, -Infinity, 'though not at four readings');
});

const ordersOf = (values: readonly number[]): number[][] =>
  values.length === 0
    ? [[]]
    : values.flatMap((value) => ordersOf(values.filter((other) => other !== value)).map((order) => [value, ...order]));

test('of all orders of seven readings, bounds at 5 % take no more than 5 % for growth or shrinkage', () => {
  const orders = ordersOf([1, 2, 3, 5, 8, 13, 21]);
  const wrong = orders.filter((order) => {
    const { low, high } = computeSlope(order.map((y, x) => ({ x, y })), 0.05); // prettier-ignore
    return low > 0 || high < 0;
  });
  assert.ok(wrong.length <= 0.05 * orders.length, `${wrong.length} of ${orders.length}`);
  assert.ok(wrong.length > 0);
});

test('four readings have no bounds at 5 %: even the most extreme order comes up too often', () => {
  const steady = [1, 2, 3, 4].map((x) => ({ x, y: 2 * x }));
  assert.deepEqual(computeSlope(steady, 0.05), { estimate: 2, low: -Infinity, high: Infinity });
});
