import * as z from 'zod/mini';
import { parsedJson } from '../parsed-json.ts';

/** An access token, and for how long the server says that it is valid. */
export interface AccessToken {
  readonly token: string;
  readonly lifetimeMs: number;
}

/**
 * Lifetime of a token in seconds when the answer has no usable one, which RFC 6749 allows. Short,
 * because the real one can be short; a longer one costs a token request in five minutes.
 */
const DEFAULT_LIFETIME_SECONDS = 300;
const LONGEST_LIFETIME_SECONDS = 86_400;

/** Larger headers are refused by servers and load balancers. */
const tokenText = z.string().check(z.regex(/^[!-~]{1,8000}$/));
const tokenAnswer = z.object({
  access_token: tokenText,
  token_type: z.string().check(z.regex(/^bearer$/i)),
  expires_in: z.optional(z.unknown()),
});

/** The token of an answer (RFC 6749, section 5.1); `null` when it has no usable one. */
export function readTokenAnswer(text: string): AccessToken | null {
  const { success, data } = z.safeParse(tokenAnswer, parsedJson(text));
  return success ? { token: data.access_token, lifetimeMs: 1_000 * lifetimeSeconds(data.expires_in) } : null;
}

/** Some servers write the number as a text. */
function lifetimeSeconds(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'string' && /^\d+$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  return typeof seconds === 'number' && seconds > 0
    ? Math.min(LONGEST_LIFETIME_SECONDS, seconds)
    : DEFAULT_LIFETIME_SECONDS;
}

const ERRORS = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
] as const;

/** The error code of a refusal (RFC 6749, section 5.2), if it has a known one. */
export function readTokenError(text: string): string | null {
  const { success, data } = z.safeParse(z.object({ error: z.enum(ERRORS) }), parsedJson(text));
  return success ? data.error : null;
}
