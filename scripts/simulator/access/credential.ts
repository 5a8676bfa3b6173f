import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';

type Authentication = TomeProfile['authentication'];

/** The keys of an AWS role, for a TOME behind Signature Version 4. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The id and secret of a client of the token endpoint. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

const oauthClient = z.strictObject({
  clientId: z.string().check(z.minLength(1)),
  clientSecret: z.string().check(z.minLength(1)),
});

/** A new credential in the form that the profile asks for; `null` if it asks for none. */
export function randomCredential({ kind }: Authentication): string | null {
  const secret = randomBytes(24).toString('base64url');
  if (kind === 'header') return secret;
  return kind === 'oauth2' ? JSON.stringify({ clientId: 'local-client', clientSecret: secret }) : null;
}

/** Throws RangeError, which does not repeat the text. */
export function readOAuthClient(credential: string): OAuthClient {
  try {
    return z.parse(oauthClient, JSON.parse(credential));
  } catch {
    throw new RangeError('The credential must be JSON with clientId and clientSecret.');
  }
}
