/** The environment of a Node that memwatch starts for itself: its own, without what would make that Node behave differently. */
export const plainEnvironment = (): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return env;
};
