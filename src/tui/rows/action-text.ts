/** The texts of actions on the target. */
import type { TargetAction } from '../state/provider.js';

export const actionTitle = (action: TargetAction): string => {
  switch (action.action) {
    case 'snapshot':
      return 'Take a heap snapshot?';
    case 'cpu':
      return action.precise === true ? 'Profile the CPU without inlining?' : 'Profile the CPU?';
    case 'alloc':
      return action.precise === true ? 'Profile allocations without inlining?' : 'Profile allocations?';
    case 'watch':
      return 'Watch the CPU?';
    case 'leaks':
      return 'Look for leaks?';
    case 'gc':
      return 'Collect garbage?';
    case 'memory':
      return 'Read the memory?';
    case 'dump':
      return 'Look at the threads?';
  }
};

/** The beginning of the progress line. */
export const startText = (action: TargetAction): string => {
  switch (action.action) {
    case 'snapshot':
      return 'taking a heap snapshot';
    case 'cpu':
      return `profiling the CPU for ${action.seconds} s`;
    case 'alloc':
      return `profiling allocations for 2 x ${action.seconds} s`;
    case 'watch':
      return 'the first look at the CPU takes 2 s';
    case 'leaks':
      return 'looking for leaks';
    case 'gc':
      return 'collecting garbage';
    case 'memory':
      return 'reading the memory of the process';
    case 'dump':
      return 'looking at what every thread does';
  }
};
