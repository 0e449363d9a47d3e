/** Paths of files in the repository, for the compiled tests. */
import { fileURLToPath } from 'node:url';

/** An absolute path inside the repository. */
export const repository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
