/** Functions and files as tables name them. In: names and paths from a profile. Out: short text, not yet escaped. */

/** `(anonymous)` for a function without a name. */
export const showName = (name: string): string => (name === '' ? '(anonymous)' : name);

/** A path as seen from the folder that the user is in, where that is shorter. */
export const showFile = (file: string, folder: string): string => {
  const root = folder.endsWith('/') ? folder : `${folder}/`;
  return file.startsWith(root) ? file.slice(root.length) : file;
};

/** `src/server.ts:9`, `src/server.ts` where the line is not known; '' for native code. */
export const showPlace = (place: { file: string | null; line: number | null }, folder: string): string =>
  place.file === null ? '' : `${showFile(place.file, folder)}${(place.line ?? 0) === 0 ? '' : `:${place.line}`}`;
