import * as z from 'zod/mini';
import { LUHN_POLICIES } from '../../tokenization/model/luhn.ts';
import { ALPHABETS, TOKEN_LENGTHS, TOLD_APART, type TokenForms } from '../../tokenization/model/token-form.ts';
import { PREFETCH_LIMIT } from '../contract/contract.ts';

const header = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be a header name in lower case'));
const word = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _'));
const text = z.string().check(z.regex(/^[!-~]{1,200}$/, 'must be 1 to 200 printable characters without spaces'));
const printable = (fewest: number) =>
  z
    .string()
    .check(z.regex(new RegExp(`^[ -~]{${fewest},200}$`), `must be ${fewest} to 200 printable ASCII characters`));
const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.int(message).check(z.minimum(least, message), z.maximum(most, message));
};

/** `9792` or `2221-2720`. */
const start = z.pipe(
  z.string().check(z.regex(/^[0-9]{1,8}(-[0-9]{1,8})?$/, 'must be leading digits such as "4" or "2221-2720"')),
  z.transform((range: string) => {
    const [from = '', to = from] = range.split('-');
    return { from, to };
  }),
);

const tokenForm = z.strictObject({
  alphabet: z.enum(ALPHABETS, `must be one of ${ALPHABETS.join(', ')}`),
  shortest: whole(TOKEN_LENGTHS.shortest, TOKEN_LENGTHS.longest),
  longest: whole(TOKEN_LENGTHS.shortest, TOKEN_LENGTHS.longest),
  forbiddenStarts: z._default(z.array(start), []),
  checkDigit: z._default(z.enum(LUHN_POLICIES, `must be one of ${LUHN_POLICIES.join(', ')}`), 'any'),
});

const namespace = z.strictObject({
  /** TOME's own name, such as `ComCardCreditCard`. */
  name: word,
  /** Replaces TOME_URL for this namespace. */
  url: z.optional(z.string()),
  token: tokenForm,
});

const authentication = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** The credential is the header's value, after `prefix`. */
  z.strictObject({ kind: z.literal('header'), header, prefix: z._default(printable(0), '') }),
  /**
   * Client credentials (RFC 6749, section 4.4). The credential is JSON with `clientId` and
   * `clientSecret`. `tokenUrl` is an URL, or a path below the URL of the namespace ns1.
   */
  z.strictObject({
    kind: z.literal('oauth2'),
    tokenUrl: z.string(),
    scope: z.optional(printable(1)),
    audience: z.optional(printable(1)),
    /** Where the client's id and secret are sent. */
    sendsCredentialIn: z._default(z.enum(['authorization-header', 'body']), 'authorization-header'),
  }),
  /** Signature Version 4, with the credentials of the function's role. */
  z.strictObject({ kind: z.literal('sigv4'), service: text, region: text }),
]);

/** See docs/tome.md, which explains each line. */
export const tomeProfileSchema = z.strictObject({
  name: word,
  namespaces: z.strictObject({ ns1: namespace, ns2: namespace }),
  /** `by-form` or `by-knowledge`: how internal tokens and references are told apart. */
  toldApart: z._default(z.enum(TOLD_APART, `must be one of ${TOLD_APART.join(', ')}`), 'by-form'),
  /** Below the URL, with `{namespace}` and `{operation}`. */
  path: z._default(z.string(), '/v1/namespaces/{namespace}/{operation}'),
  /** The word of each operation in the path. */
  operations: z._default(
    z.strictObject({
      prefetch: word,
      tokenize: word,
      detokenize: word,
      lookup: word,
      'bulk-tokenize': word,
    }),
    {
      prefetch: 'prefetch',
      tokenize: 'tokenize',
      detokenize: 'detokenize',
      lookup: 'lookup',
      'bulk-tokenize': 'bulk-tokenize',
    },
  ),
  headers: z._default(z.strictObject({ requestId: header, correlationId: header, lane: z.nullable(header) }), {
    requestId: 'x-request-id',
    correlationId: 'x-correlation-id',
    lane: 'x-lane',
  }),
  /**
   * What shows that an answer belongs to its request: the request's id in the answer's header, or
   * the source or token of the request in the answer's body.
   */
  answersShow: z._default(z.enum(['request-id', 'item']), 'request-id'),
  authentication: z._default(authentication, { kind: 'none' }),
  /** Whether TOME asks for a client certificate (mutual TLS), beside `authentication`. */
  clientCertificate: z._default(z.boolean(), false),
  /** The answer when a bound source is tokenized with another token. The client takes both. */
  alreadyBound: z._default(z.enum(['echo', 'conflict']), 'echo'),
  /**
   * Hours until TOME may issue an unassigned token again; `null` if it never does. They count also
   * when prefetch answers give no expiry.
   */
  tokenLifetimeHours: z._default(z.nullable(whole(1, 100_000)), null),
  /** The most items of a bulk tokenize call; `null` if TOME has no such operation. */
  bulkItems: z._default(z.nullable(whole(1, 500)), null),
  limits: z.strictObject({
    callsPerSecond: whole(1, 100_000),
    /** What the limit counts: the calls of one operation, of one namespace, or all. */
    scope: z.enum(['endpoint', 'namespace', 'all'], 'must be one of endpoint, namespace, all'),
    tokensPerPrefetch: whole(1, PREFETCH_LIMIT),
  }),
  /** Lines without an answer yet. A profile with such lines cannot be used. */
  unknown: z._default(z.array(z.string()), []),
});

/**
 * Everything that the product must know about one TOME, as data. The real TOME cannot be seen from
 * this repository, so each line is a question to its owners (docs/onboarding.md).
 */
export type TomeProfile = z.output<typeof tomeProfileSchema>;
/** A profile as it is written: lines with a default may be left out. */
export type WrittenProfile = z.input<typeof tomeProfileSchema>;
export type Authentication = TomeProfile['authentication'];

/** Whether the caller needs a credential of its own. SigV4 uses that of the function's role. */
export const asksForCredential = ({ kind }: Authentication): boolean => kind === 'header' || kind === 'oauth2';

/** The forms of the tokens, for the domain. */
export const tokenFormsOf = ({ namespaces, toldApart }: Pick<TomeProfile, 'namespaces' | 'toldApart'>): TokenForms => ({
  internalToken: namespaces.ns1.token,
  reference: namespaces.ns2.token,
  toldApart,
});
