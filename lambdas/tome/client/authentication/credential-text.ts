import * as z from 'zod/mini';
import type { Authentication } from '../../profile/tome-profile.ts';
import { parsedJson } from '../parsed-json.ts';

/** Of an OAuth 2.0 client. */
export interface ClientIdentity {
  readonly clientId: string;
  readonly clientSecret: string;
}

const text = z.string().check(z.minLength(1), z.maxLength(4_000));
const clientIdentity = z.object({ clientId: text, clientSecret: text });

/** The longest value of a header that servers accept, in characters. */
const MAX_HEADER_LENGTH = 8_000;

/**
 * What is wrong with the text of a credential, as the end of a sentence; `null` when the
 * authentication can use it. Never quotes the text.
 */
export function findCredentialFault({ kind }: Authentication, credential: string): string | null {
  if (kind === 'header') {
    return credential.length <= MAX_HEADER_LENGTH && /^[!-~]([ -~]*[!-~])?$/.test(credential)
      ? null
      : 'must be printable ASCII characters without spaces or line breaks at its ends';
  }
  if (kind === 'oauth2') {
    return readClientIdentity(credential) === null ? 'must be JSON with the texts clientId and clientSecret' : null;
  }
  return null;
}

export function readClientIdentity(credential: string): ClientIdentity | null {
  const { success, data } = z.safeParse(clientIdentity, parsedJson(credential));
  return success ? data : null;
}
