/** The allowed parts of a URL in a setting. */
export interface UrlForm {
  /** Schemes without the colon. */
  readonly schemes: readonly string[];
  /** The message when the text is not such a URL. */
  readonly expected: string;
  /** Whether it may contain a user name and a password. */
  readonly mayHaveCredentials?: boolean;
  readonly mayHaveQuery?: boolean;
}

/**
 * Returns what is wrong with the URL of a setting; an empty list when a client can use it. The text
 * is never quoted, because it can hold a password. An unusable URL is found here, at start, and not
 * by the first request, which would lose its reserved pair.
 */
export function findUrlFaults(text: string, form: UrlForm): readonly string[] {
  const { schemes, expected, mayHaveCredentials = false, mayHaveQuery = false } = form;
  // The URL parser repairs backslashes, missing slashes and line breaks. A setting must be exact.
  const [, scheme = ''] = /^([a-z]+):\/\/[^\s/?#\\][^\s\\]*$/.exec(text) ?? [];
  if (!schemes.includes(scheme)) return [expected];
  if (!URL.canParse(text)) return ['must have a host name and a port from 1 to 65535 that can be used'];
  const url = new URL(text);
  const faults: string[] = [];
  if (url.hostname === '' || /(^\.|\.\.)/.test(url.hostname)) faults.push('must have a host name');
  if (url.port === '0') faults.push('must have a port from 1 to 65535');
  if (!mayHaveCredentials && (url.username !== '' || url.password !== '')) {
    faults.push('must have no user name and no password');
  }
  if (!mayHaveQuery && text.includes('?')) faults.push('must have no query');
  if (text.includes('#')) faults.push('must have no fragment (write # as %23)');
  if (![url.username, url.password, url.pathname].every(isDecodable)) faults.push('must have % written as %25');
  return faults;
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
