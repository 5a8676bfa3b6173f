import { TomeAnswerInvalid, TomeError } from '../../../tokenization/tome-errors.ts';
import type { Authentication } from '../../profile/tome-profile.ts';
import { retryAfterSeconds } from '../retry-after.ts';
import type { TomeConnections } from '../tome-connections.ts';
import type { ClientIdentity } from './credential-text.ts';
import { type AccessToken, readTokenAnswer, readTokenError } from './token-answer.ts';

/** Milliseconds for one token request. It runs behind calls, except for the first token. */
export const TOKEN_TIMEOUT_MS = 3_000;

/**
 * Why a token request gave no token. `refused`: the server does not accept the client. `no-answer`:
 * no connection, a timeout, 429 or 5xx. `invalid-answer`: a page, a redirect, or no usable token.
 */
export type TokenFailure = 'refused' | 'no-answer' | 'invalid-answer';

/** Contains nothing that was sent or received, because it is logged. */
export class TokenRequestFailed extends Error {
  override readonly name = 'TokenRequestFailed';
  readonly outcome: TokenFailure;
  readonly retryAfterSeconds: number;

  constructor(outcome: TokenFailure, message: string, waitSeconds = 0) {
    super(message);
    this.outcome = outcome;
    this.retryAfterSeconds = waitSeconds;
  }
}

type OAuthLines = Extract<Authentication, { readonly kind: 'oauth2' }>;

/** The token endpoint of OAuth 2.0 (RFC 6749), for the grant `client_credentials` (section 4.4). */
export class TokenEndpoint {
  readonly #lines: Omit<OAuthLines, 'tokenUrl'>;
  readonly #connections: TomeConnections;
  readonly #path: string;

  constructor(lines: Omit<OAuthLines, 'tokenUrl'>, connections: TomeConnections, path: string) {
    this.#lines = lines;
    this.#connections = connections;
    this.#path = path;
  }

  /** Rejects with TokenRequestFailed. */
  async request(client: ClientIdentity): Promise<AccessToken> {
    const { status, headers, text } = await this.#post(client).catch((error: unknown) => {
      if (!(error instanceof TomeError)) throw error;
      const outcome = error instanceof TomeAnswerInvalid ? 'invalid-answer' : 'no-answer';
      throw new TokenRequestFailed(outcome, error.message);
    });
    if (status === 200) {
      const answer = readTokenAnswer(text);
      if (answer !== null) return answer;
      throw new TokenRequestFailed('invalid-answer', 'The token endpoint answered 200 without a usable token.');
    }
    const why = readTokenError(text);
    const message = `The token endpoint answered ${status}${why === null ? '' : ` ${why}`}.`;
    if (status === 400 || status === 401 || status === 403) throw new TokenRequestFailed('refused', message);
    if (status === 429 || status >= 500) {
      throw new TokenRequestFailed('no-answer', message, retryAfterSeconds(headers) ?? 0);
    }
    throw new TokenRequestFailed('invalid-answer', message);
  }

  #post({ clientId, clientSecret }: ClientIdentity) {
    const { scope, audience, sendsCredentialIn } = this.#lines;
    const isInHeader = sendsCredentialIn === 'authorization-header';
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope === undefined ? {} : { scope }),
      ...(audience === undefined ? {} : { audience }),
      ...(isInHeader ? {} : { client_id: clientId, client_secret: clientSecret }),
    });
    return this.#connections.post({
      path: this.#path,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(isInHeader ? { authorization: basicOf(clientId, clientSecret) } : {}),
      },
      body: form.toString(),
      timeoutMs: TOKEN_TIMEOUT_MS,
      reusedTimeoutMs: TOKEN_TIMEOUT_MS,
      staleTimeoutMs: TOKEN_TIMEOUT_MS,
      // Requests are minutes apart, and the function can be frozen between them.
      onNewConnection: true,
    });
  }
}

/** RFC 6749, section 2.3.1: both parts are form-encoded first, because an id can have a colon. */
const basicOf = (clientId: string, clientSecret: string): string =>
  `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`;

const formEncoded = (value: string): string => new URLSearchParams({ v: value }).toString().slice('v='.length);
