/** Addresses of scripts. In: an address as V8 or a source map writes it. Out: the path that it refers to. */

/** The path of `file:///srv/app.js?v=1`, without the query; other addresses are returned unchanged. */
export const fileOf = (url: string): string => {
  if (!url.startsWith('file://')) return url;
  const path = url.slice('file://'.length).replace(/[?#].*$/s, '');
  try {
    return decodeURIComponent(/^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path);
  } catch {
    return path;
  }
};
