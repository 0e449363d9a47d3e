/** Assertions for users' own test runners. */
export { MemwatchError } from '../errors.js';
