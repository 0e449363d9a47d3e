/**
 * speedscope's own file, as its schema says:
 *   { $schema, shared: { frames: [{ name, file, line, col }…] },
 *     profiles: [{ type: 'sampled', name, unit, startValue, endValue, samples: [[frame…]…], weights: […] }] }
 * Written only: one profile in the order of time if the samples are known, otherwise one for each kind of value.
 */
import { writeJson } from '../model/escape.js';
import type { Frame, Profile, ValueColumn } from '../model/profile.js';

const schema = 'https://www.speedscope.app/file-format-schema.json';

export const writeSpeedscope = (profile: Profile, name: string): string => {
  const { timeline, values } = profile;
  const stacks = computeStacks(profile);
  const profiles =
    timeline === undefined
      ? values.map((column) => ofNodes(column, stacks, `${name}: ${column.name}`))
      : [
          sampled(
            name,
            'microseconds',
            Array.from(timeline.node, (node) => stacks[node]),
            [...timeline.durationUs],
          ),
        ];
  return writeJson({
    $schema: schema,
    name,
    exporter: 'memwatch',
    activeProfileIndex: 0,
    shared: { frames: profile.frames.map(frameOf) },
    profiles,
  });
};

const frameOf = ({ name, location }: Frame): object => ({
  name: name === '' ? '(anonymous)' : name,
  ...(location === undefined ? {} : { file: location.file, line: location.line }),
  ...(location === undefined || location.column === 0 ? {} : { col: location.column }),
});

/** For each node, its frames, outermost caller first. */
const computeStacks = ({ nodeCount, nodeFrame, nodeParent }: Profile): number[][] => {
  const stacks: number[][] = [];
  for (let node = 0; node < nodeCount; node++) {
    const callers = nodeParent[node] < 0 ? [] : stacks[nodeParent[node]];
    stacks.push([...callers, nodeFrame[node]]);
  }
  return stacks;
};

const ofNodes = ({ unit, self }: ValueColumn, stacks: readonly number[][], name: string): object => {
  const used = stacks.map((_, node) => node).filter((node) => self[node] > 0);
  return sampled(
    name,
    unit === 'count' ? 'none' : unit,
    used.map((node) => stacks[node]),
    used.map((node) => self[node]),
  );
};

const sampled = (name: string, unit: string, samples: readonly number[][], weights: readonly number[]): object => ({
  type: 'sampled',
  name,
  unit,
  startValue: 0,
  endValue: weights.reduce((sum, weight) => sum + weight, 0),
  samples,
  weights,
});
