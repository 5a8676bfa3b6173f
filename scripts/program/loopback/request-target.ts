/** What a request's target names. The path is as it was sent: not decoded, dots and double slashes not resolved. */
export interface RequestTarget {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** API Gateway takes 10,240 bytes of request line and headers together. */
export const MAX_TARGET_LENGTH = 8_192;

/**
 * Reads a request target in origin form, absolute form or `*`. Returns `null` for what is none of these. A path is never given to the
 * URL parser: it throws on `//` and reads `//host/v1/cards` as the path of another host.
 */
export function requestTarget(target: string): RequestTarget | null {
  if (target.length > MAX_TARGET_LENGTH) return null;
  if (target.startsWith('/') || target === '*') {
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    return { path, query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)) };
  }
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return null;
  const { pathname, searchParams } = new URL(target);
  return { path: pathname, query: searchParams };
}
