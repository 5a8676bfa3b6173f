import { awsCredentials } from '../runtime/aws/aws-credentials.ts';
import { describe } from '../runtime/logging/describe-error.ts';
import { logger } from '../runtime/logging/logger.ts';
import { count } from '../runtime/metrics.ts';
import type { Settings } from '../runtime/setting-groups.ts';
import { systemClock } from '../runtime/system-clock.ts';
import type { Authentication } from '../tome/client/authentication/authentication.ts';
import {
  createAuthentication,
  type ObservedTokenRequest,
} from '../tome/client/authentication/create-authentication.ts';
import { TokenRequestFailed } from '../tome/client/authentication/token-endpoint.ts';
import type { ClientCertificate } from '../tome/client/client-certificate.ts';
import { readTomeSecrets } from './tome-secrets.ts';

/** What shows TOME who calls. */
export interface TomeAccess {
  readonly authentication: Authentication;
  readonly certificate: ClientCertificate | undefined;
}

/**
 * Reads the secrets of TOME, and requests the first access token without waiting for it, so that it
 * comes while the database is connected; a token endpoint that is down does not stop the start.
 * Rejects with SecretUnusable, or with InvalidSettings when AWS credentials are missing that the
 * profile needs.
 */
export async function composeTomeAccess(settings: Settings<'domain' | 'tome'>): Promise<TomeAccess> {
  const profile = settings.TOME_PROFILE;
  if (profile.authentication.kind === 'sigv4') awsCredentials();
  const { credential, certificate } = await readTomeSecrets(settings);
  const authentication = createAuthentication({
    profile,
    baseUrl: settings.TOME_URL,
    certificate,
    credential,
    signingCredentials: awsCredentials,
    time: { ...systemClock, dateMs: Date.now },
    random: Math.random,
    onTokenRequest: reportTokenRequest,
  });
  authentication.start();
  return { authentication, certificate };
}

/** Token requests are not calls to TOME, so they have counters of their own. */
function reportTokenRequest({ outcome, error }: ObservedTokenRequest): void {
  count('TomeTokenRequests', { outcome });
  if (outcome === 'ok') return;
  count('TomeTokenRequestsFailed', {});
  const reason = error instanceof TokenRequestFailed ? error.message : describe(error);
  logger.warn('token request failed', { outcome, reason });
}
