/**
 * The parts of a request target. The path is raw: not decoded, dots and double slashes unchanged.
 */
export interface RequestTarget {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** API Gateway accepts 10,240 bytes for request line and headers together. */
export const MAX_TARGET_LENGTH = 8_192;

/**
 * Parses a request target in origin form, absolute form or `*`. Returns `null` for any other text.
 * A path is not passed to the URL parser, which throws on `//` and reads `//host/v1/cards` as a
 * path of another host.
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
