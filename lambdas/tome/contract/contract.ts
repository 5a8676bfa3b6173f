/**
 * The contract with TOME that this project expects (docs/design.md#calling-tome). The client and
 * the simulator share it, and the profiles beside it. `npm run contract` writes `openapi.json` from
 * it.
 *
 * Every operation is a POST, so that no card number is in a URL or an access log.
 */
import * as z from 'zod/mini';

export const CONTRACT_VERSION = '1';

/** The most tokens of one prefetch call (docs/design.md#numbers). */
export const PREFETCH_LIMIT = 5_000;

/** The most items of one bulk tokenize call. TOME may not have this operation. */
export const BULK_TOKENIZE_LIMIT = 500;

export const NAMESPACES = ['ns1', 'ns2'] as const;
export type Namespace = (typeof NAMESPACES)[number];

export const OPERATIONS = ['prefetch', 'tokenize', 'detokenize', 'lookup', 'bulk-tokenize'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Whether a caller waits for a call or a job does, in a header for statistics. */
export const LANES = ['live', 'batch'] as const;
export type Lane = (typeof LANES)[number];

const token = z.string().check(z.minLength(1), z.maxLength(64));
const source = z.string().check(z.minLength(1), z.maxLength(64));

/**
 * The source or token of the request, repeated in the answer. Optional, because a TOME that repeats
 * the request's id needs neither (the profile's line `answersShow`).
 */
const repeatedSource = z.optional(source);
const repeatedToken = z.optional(token);

const prefetchRequest = z.strictObject({ count: z.int().check(z.minimum(1), z.maximum(PREFETCH_LIMIT)) });
const prefetchAnswer = z.object({
  tokens: z.array(z.object({ token, expiresAt: z.optional(z.iso.datetime()) })),
});

const tokenizeRequest = z.strictObject({ source, token: z.optional(token) });
const tokenizeAnswer = z.object({ token, isNew: z.boolean(), source: repeatedSource });

const detokenizeRequest = z.strictObject({ token });
const detokenizeAnswer = z.object({ source, token: repeatedToken });

const lookupRequest = z.strictObject({ source });
const lookupAnswer = z.object({ token, source: repeatedSource });

const bulkTokenizeRequest = z.strictObject({
  items: z.array(z.strictObject({ source, token })).check(z.minLength(1), z.maxLength(BULK_TOKENIZE_LIMIT)),
});
/** One result for each item, in the same order. A `failed` item can be sent again. */
const bulkTokenizeAnswer = z.object({
  results: z.array(
    z.discriminatedUnion('outcome', [
      z.object({ outcome: z.literal('bound'), token, isNew: z.boolean(), source: repeatedSource }),
      z.object({ outcome: z.literal('failed'), source: repeatedSource }),
    ]),
  ),
});

/** The request's body and the 200 answer of each operation. */
export const schemas = {
  prefetch: { request: prefetchRequest, answer: prefetchAnswer },
  tokenize: { request: tokenizeRequest, answer: tokenizeAnswer },
  detokenize: { request: detokenizeRequest, answer: detokenizeAnswer },
  lookup: { request: lookupRequest, answer: lookupAnswer },
  'bulk-tokenize': { request: bulkTokenizeRequest, answer: bulkTokenizeAnswer },
} as const;

/** Read as it is, because it has a meaning only where the profile asks for it. */
const repeated = z.optional(z.unknown());

/** One entry of a prefetch answer, and of a bulk answer. */
export const prefetchedToken = z.object({ token: z.string(), expiresAt: z.nullish(z.iso.datetime({ offset: true })) });
export const bulkResult = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('bound'), token: z.string(), source: repeated }),
  z.object({ outcome: z.literal('failed'), source: repeated }),
]);

/** A value in the place of a token or source. The client checks its form for each item. */
const item = z.nullable(z.union([z.string(), z.number()]));

/**
 * The same answers with fewer rules, as the client reads them. One unusable entry of a list must
 * not cost the others, and an unusable token or source is an answer about one item and not a broken
 * contract.
 */
export const readableAnswers = {
  prefetch: z.object({ tokens: z.array(z.unknown()) }),
  tokenize: z.object({ token: item, isNew: z.boolean(), source: repeated }),
  detokenize: z.object({ source: item, token: repeated }),
  lookup: z.object({ token: item, source: repeated }),
  'bulk-tokenize': z.object({ results: z.array(z.unknown()) }),
} as const;

/**
 * The body of all other answers: 400 `bad-request`; 404 `not-found` (detokenize, lookup) and
 * `operation-absent` (bulk-tokenize); 409 `already-bound` with the bound token and `token-taken`
 * (tokenize); 429 `rate-limited` with Retry-After in seconds; 5xx `unavailable`.
 *
 * 404 and 409 may repeat the request's `source`, and 404 of detokenize its `token`. Where answers
 * show the item (the profile's line `answersShow`), an answer with the bound token must repeat the
 * `source`.
 */
const error = z.enum([
  'not-found',
  'operation-absent',
  'already-bound',
  'token-taken',
  'bad-request',
  'rate-limited',
  'unavailable',
]);
export const errorAnswer = z.object({ error, token: z.optional(token), source: repeatedSource });
export const readableRefusal = z.object({ error, token: z.optional(item), source: repeated });
