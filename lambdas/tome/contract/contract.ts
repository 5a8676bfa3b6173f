/**
 * The contract with TOME as this project sees it, version 1 (brief 3). The HTTP client and the
 * simulator share this file and nothing else; `openapi.json` beside it is published from it (`npm
 * run contract`).
 *
 * Every operation is a POST, so that no card number can ever stand in a URL or in an access log.
 */
import * as z from 'zod/mini';

export const CONTRACT_VERSION = '1';

/** Most tokens one prefetch call may ask for (brief 1, "Numbers that the users gave"). */
export const PREFETCH_LIMIT = 5_000;

/** Most items of one bulk tokenize call, where TOME has that operation at all. */
export const BULK_TOKENIZE_LIMIT = 500;

export const NAMESPACES = ['ns1', 'ns2'] as const;
export type Namespace = (typeof NAMESPACES)[number];

export const OPERATIONS = ['prefetch', 'tokenize', 'detokenize', 'lookup', 'bulk-tokenize'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Path of an operation below TOME's base URL. */
export const operationPath = (namespace: Namespace, operation: Operation): string =>
  `/v${CONTRACT_VERSION}/namespaces/${namespace}/${operation}`;

/**
 * Headers of every call. TOME repeats the request id in its answer; a client that finds another one
 * there is looking at somebody else's answer. The lane tells work that a person waits for from
 * batch work, for accounting only.
 */
export const REQUEST_ID_HEADER = 'x-request-id';
export const CORRELATION_ID_HEADER = 'x-correlation-id';
export const LANE_HEADER = 'x-lane';
export const LANES = ['live', 'batch'] as const;
export type Lane = (typeof LANES)[number];

const token = z.string().check(z.minLength(1), z.maxLength(64));
const source = z.string().check(z.minLength(1), z.maxLength(64));

const prefetchRequest = z.strictObject({ count: z.int().check(z.minimum(1), z.maximum(PREFETCH_LIMIT)) });
const prefetchAnswer = z.object({
  tokens: z.array(z.object({ token, expiresAt: z.optional(z.iso.datetime()) })),
});

const tokenizeRequest = z.strictObject({ source, token: z.optional(token) });
const tokenizeAnswer = z.object({ token, isNew: z.boolean() });

const detokenizeRequest = z.strictObject({ token });
const detokenizeAnswer = z.object({ source });

const lookupRequest = z.strictObject({ source });
const lookupAnswer = z.object({ token });

const bulkTokenizeRequest = z.strictObject({
  items: z.array(z.strictObject({ source, token })).check(z.minLength(1), z.maxLength(BULK_TOKENIZE_LIMIT)),
});
/** One result per item, in the order of the items; `failed` items may be sent again. */
const bulkTokenizeAnswer = z.object({
  results: z.array(
    z.discriminatedUnion('outcome', [
      z.object({ outcome: z.literal('bound'), token, isNew: z.boolean() }),
      z.object({ outcome: z.literal('failed') }),
    ]),
  ),
});

/** Body and 200 answer of each operation. */
export const schemas = {
  prefetch: { request: prefetchRequest, answer: prefetchAnswer },
  tokenize: { request: tokenizeRequest, answer: tokenizeAnswer },
  detokenize: { request: detokenizeRequest, answer: detokenizeAnswer },
  lookup: { request: lookupRequest, answer: lookupAnswer },
  'bulk-tokenize': { request: bulkTokenizeRequest, answer: bulkTokenizeAnswer },
} as const;

/** One entry of a prefetch answer and one of a bulk answer. */
export const prefetchedToken = z.object({ token: z.string(), expiresAt: z.nullish(z.iso.datetime({ offset: true })) });
export const bulkResult = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('bound'), token: z.string() }),
  z.object({ outcome: z.literal('failed') }),
]);

/**
 * What stands where a token or a source belongs. Whether it is one is decided for this item alone.
 */
const item = z.nullable(z.union([z.string(), z.number()]));

/**
 * The same answers as the client reads them: one odd entry of a list must not cost the others, and
 * a token or source that the domain cannot use is an answer about that item, not a TOME that breaks
 * its contract.
 */
export const readableAnswers = {
  prefetch: z.object({ tokens: z.array(z.unknown()) }),
  tokenize: z.object({ token: item, isNew: z.boolean() }),
  detokenize: z.object({ source: item }),
  lookup: z.object({ token: item }),
  'bulk-tokenize': z.object({ results: z.array(z.unknown()) }),
} as const;

/**
 * Answers other than 200, all with this body: 404 `not-found` (detokenize, lookup; and
 * bulk-tokenize with `operation-absent` where TOME has none), 409 `already-bound` with the token
 * that stands (tokenize, in TOME's conflict mode), 400 `bad-request`, 429 `rate-limited` with
 * Retry-After in seconds, 5xx `unavailable`.
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
export const errorAnswer = z.object({ error, token: z.optional(token) });
export const readableRefusal = z.object({ error, token: z.optional(item) });
