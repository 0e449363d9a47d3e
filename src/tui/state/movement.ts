/** The keys that move a cursor, those of vim and the arrow keys: one meaning everywhere. Pure. */

/** New position of a cursor for a key that moves it; undefined for any other key. */
export const movement = (key: string, cursor: number, height: number, count: number): number | undefined => {
  switch (key) {
    case 'up':
    case 'k':
      return cursor - 1;
    case 'down':
    case 'j':
      return cursor + 1;
    case 'pageup':
    case 'C-b':
      return cursor - height;
    case 'pagedown':
    case 'C-f':
    case ' ':
      return cursor + height;
    case 'C-u':
      return cursor - (height >> 1);
    case 'C-d':
      return cursor + (height >> 1);
    case 'home':
    case 'g':
      return 0;
    case 'end':
    case 'G':
      return count - 1;
    default:
      return undefined;
  }
};
