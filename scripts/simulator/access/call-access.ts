import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { ReceivedRequest } from '../../program/loopback/loopback-server.ts';
import type { SimulatorTime } from '../simulator-time.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { SigningKeys } from './credential.ts';
import { hasValidSignature } from './sigv4.ts';

export interface AccessParts {
  readonly authentication: TomeProfile['authentication'];
  /** The credential of the profile's kind; `null` if it has none. */
  readonly credential: string | null;
  readonly signingKeys: SigningKeys;
  readonly accessTokens: AccessTokens;
  readonly time: SimulatorTime;
}

/** How a call without a valid credential is answered. */
export interface AccessRefusal {
  readonly status: 401 | 403;
  readonly headers: Readonly<Record<string, string>>;
}

const unauthorized = (challenge: string): AccessRefusal => ({
  status: 401,
  headers: { 'www-authenticate': challenge },
});

/** Why a call is refused before it has an effect; `null` if its credential is valid. */
export function accessRefusal(
  request: ReceivedRequest,
  { authentication, credential, signingKeys, accessTokens, time }: AccessParts,
): AccessRefusal | null {
  switch (authentication.kind) {
    case 'none':
      return null;
    case 'header': {
      const { header, prefix } = authentication;
      return request.headers[header] === `${prefix}${credential}` ? null : unauthorized('ApiKey');
    }
    case 'oauth2': {
      const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) return unauthorized('Bearer');
      return accessTokens.isValid(token, time.monotonicMs()) ? null : unauthorized('Bearer error="invalid_token"');
    }
    case 'sigv4': {
      const { service, region } = authentication;
      const isValid = hasValidSignature(request, { keys: signingKeys, service, region, nowMs: time.dateMs() });
      // API Gateway answers 403, also for a missing signature.
      return isValid ? null : { status: 403, headers: {} };
    }
  }
}
