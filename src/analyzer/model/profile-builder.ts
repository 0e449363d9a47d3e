/** What every reader of profiles needs: frames and locations stored once each, and a call tree built from stacks. */
import type { Location } from './location.js';
import type { Frame } from './profile.js';

export interface FrameTable {
  readonly frames: Frame[];
  /** The frame's number; the same name and place always give the same one. */
  add(name: string, location: Location | undefined): number;
}

export const createFrameTable = (): FrameTable => {
  const frames: Frame[] = [];
  const known = new Map<string, number>();
  return {
    frames,
    add(name, location) {
      const key = location === undefined ? name : `${name}\n${location.file}\n${location.line}\n${location.column}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      known.set(key, frames.length);
      return frames.push({ name, location }) - 1;
    },
  };
};

export interface LocationTable {
  readonly locations: Location[];
  add(location: Location): number;
}

export const createLocationTable = (): LocationTable => {
  const locations: Location[] = [];
  const known = new Map<string, number>();
  return {
    locations,
    add(location) {
      const key = `${location.file}\n${location.line}\n${location.column}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      known.set(key, locations.length);
      return locations.push(location) - 1;
    },
  };
};

export interface CallTree {
  readonly nodeFrame: number[];
  readonly nodeParent: number[];
  /** The node of `frame` called from `parent` (-1 for a root); it is created if there is none yet. */
  child(parent: number, frame: number): number;
}

export const createCallTree = (): CallTree => {
  const nodeFrame: number[] = [];
  const nodeParent: number[] = [];
  const children: Map<number, number>[] = [];
  const roots = new Map<number, number>();
  return {
    nodeFrame,
    nodeParent,
    child(parent, frame) {
      const siblings = parent < 0 ? roots : (children[parent] ??= new Map());
      const found = siblings.get(frame);
      if (found !== undefined) return found;
      siblings.set(frame, nodeFrame.length);
      nodeParent.push(parent);
      return nodeFrame.push(frame) - 1;
    },
  };
};
