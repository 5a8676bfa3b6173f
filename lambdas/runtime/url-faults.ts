/** What a setting's URL may be made of. */
export interface UrlForm {
  /** Schemes without the colon. */
  readonly schemes: readonly string[];
  /** What the message says when the text is no such URL at all. */
  readonly expected: string;
  /** Whether it may carry a user name and a password. */
  readonly mayHaveCredentials?: boolean;
  readonly mayHaveQuery?: boolean;
}

/**
 * What is wrong with a URL that a setting gives; nothing when a client can use it. The text itself
 * is never quoted: it may hold a password. A URL that no client can use is found here, at start,
 * and not by the first request, whose reserved pair it would cost.
 */
export function findUrlFaults(text: string, form: UrlForm): readonly string[] {
  const { schemes, expected, mayHaveCredentials = false, mayHaveQuery = false } = form;
  // The parser repairs what it is given (backslashes, missing slashes, line breaks); a setting has
  // to say what is meant.
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
