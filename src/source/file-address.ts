/** Addresses of scripts. In: an address as V8 or a source map writes it. Out: the path that it refers to. */

/** The path of `file:///srv/app.js?v=1`, without the query; other addresses are returned unchanged. */
export const fileOf = (url: string): string => {
  if (!url.startsWith('file://')) return publicAddress(url);
  const path = url.slice('file://'.length).replace(/[?#].*$/s, '');
  try {
    return decodeURIComponent(/^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path);
  } catch {
    return path;
  }
};

/**
 * An address without the parts that may be secret, as it is stored and shown: without the code of a `data:` address, the
 * password of a user, and the query of a file or a page.
 */
export const publicAddress = (url: string): string => {
  if (url.startsWith('data:')) return url.replace(/,.*$/s, ',…');
  const open = url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1');
  return /^(file|https?):/i.test(open) ? open.replace(/[?#].*$/s, '') : open;
};
