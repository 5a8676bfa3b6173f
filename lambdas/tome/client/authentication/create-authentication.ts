import type { Random } from '../../../tokenization/ports/clock.ts';
import type { TomeProfile } from '../../profile/tome-profile.ts';
import { type ClientCertificate, withPublicAuthorities } from '../client-certificate.ts';
import { TomeConnections } from '../tome-connections.ts';
import { type Authentication, noAuthentication } from './authentication.ts';
import { readClientIdentity } from './credential-text.ts';
import { HeaderAuthentication } from './header-authentication.ts';
import { elapsedMs, momentOf, type Time } from './moment.ts';
import { type SigningCredentials, signatureAuthentication } from './request-signature.ts';
import { type CredentialSource, StoredCredential } from './stored-credential.ts';
import type { AccessToken } from './token-answer.ts';
import { type NoToken, TokenAuthentication } from './token-authentication.ts';
import { TOKEN_TIMEOUT_MS, TokenEndpoint, type TokenFailure, TokenRequestFailed } from './token-endpoint.ts';

/**
 * A request without an answer that took longer than this was cut off by a freeze of the function.
 * Timers are never so late while it runs.
 */
const LONGEST_SILENCE_MS = TOKEN_TIMEOUT_MS + 1_000;

/** A token request, for metrics and the log. */
export interface ObservedTokenRequest {
  readonly outcome: 'ok' | TokenFailure | 'unexpected';
  /** Of a request that failed. The message of a TokenRequestFailed may be logged. */
  readonly error?: unknown;
}

export interface AuthenticationParts {
  readonly profile: TomeProfile;
  /** The base URL of the namespaces that have none in the profile. */
  readonly baseUrl: string;
  readonly certificate?: ClientCertificate | undefined;
  /** For `header` and `oauth2`, of the form that `findCredentialFault` accepts. */
  readonly credential: CredentialSource | null;
  /** For `sigv4`. */
  readonly signingCredentials: () => SigningCredentials;
  readonly time: Time;
  readonly random: Random;
  /** Not called for a request that a freeze of the function cut off: no server has failed. */
  readonly onTokenRequest: (request: ObservedTokenRequest) => void;
}

/** How a client authenticates at the TOME of this profile. Throws if its credential is missing. */
export function createAuthentication(parts: AuthenticationParts): Authentication {
  const { profile, credential, signingCredentials, time, random } = parts;
  const { authentication } = profile;
  if (authentication.kind === 'sigv4') return signatureAuthentication(authentication, signingCredentials, time);
  if (authentication.kind === 'none') return noAuthentication;
  if (credential === null)
    throw new Error(`A profile with the authentication ${authentication.kind} needs a credential.`);
  const stored = new StoredCredential(credential, time);
  if (authentication.kind === 'header') return new HeaderAuthentication(authentication, stored, time);
  const endpoint = tokenEndpointOf(parts, authentication);
  return new TokenAuthentication({ request: () => requestToken(endpoint, stored, parts), time, random });
}

async function requestToken(
  endpoint: TokenEndpoint,
  stored: StoredCredential,
  { onTokenRequest, time }: AuthenticationParts,
): Promise<AccessToken | NoToken> {
  const identity = readClientIdentity(stored.text);
  const startedAt = momentOf(time);
  try {
    if (identity === null) throw new TokenRequestFailed('refused', 'The credential has no clientId and clientSecret.');
    const token = await endpoint.request(identity);
    onTokenRequest({ outcome: 'ok' });
    return token;
  } catch (error) {
    if (!(error instanceof TokenRequestFailed)) {
      onTokenRequest({ outcome: 'unexpected', error });
      return { retryAfterSeconds: 0 };
    }
    const wasFrozen = error.outcome === 'no-answer' && elapsedMs(startedAt, time) > LONGEST_SILENCE_MS;
    if (!wasFrozen) onTokenRequest({ outcome: error.outcome, error });
    // An operator may have exchanged the secret. The next request uses the new one.
    if (error.outcome === 'refused') await stored.readAgain();
    return { retryAfterSeconds: error.retryAfterSeconds };
  }
}

/** A path belongs to the server of NS1. A whole URL can be any server's. */
function tokenEndpointOf(
  { profile, baseUrl, certificate, time }: AuthenticationParts,
  { tokenUrl, ...lines }: Extract<TomeProfile['authentication'], { readonly kind: 'oauth2' }>,
): TokenEndpoint {
  const server = 'The token endpoint';
  if (tokenUrl.startsWith('/')) {
    const ns1Url = profile.namespaces.ns1.url ?? baseUrl;
    return new TokenEndpoint(lines, new TomeConnections(ns1Url, time, { certificate, server }), tokenUrl);
  }
  const { origin, pathname } = new URL(tokenUrl);
  const others = certificate === undefined ? undefined : withPublicAuthorities(certificate);
  return new TokenEndpoint(lines, new TomeConnections(origin, time, { certificate: others, server }), pathname);
}
