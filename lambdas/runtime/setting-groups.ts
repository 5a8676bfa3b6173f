import * as z from 'zod/mini';
import { SOURCE_DIGITS } from '../tokenization/model/digit-form.ts';
import { LUHN_POLICIES } from '../tokenization/model/luhn.ts';
import { REFERENCE_RULES, UNACCEPTABLE_REFERENCES } from '../tokenization/model/reference-rules.ts';
import { SOURCE_CHECK_DIGITS, SOURCE_FORMS } from '../tokenization/model/source-form.ts';
import { VOCABULARY_NAMES } from '../vocabulary.ts';
import {
  choice,
  flag,
  httpUrl,
  integer,
  lengths,
  optionalChoice,
  optionalText,
  ratio,
  text,
  tomeProfile,
  url,
} from './setting-parsers.ts';

/**
 * Every setting of every function, in groups: its name in the environment, its default and its
 * bounds. docs/configuration.md explains them; a test compares it with this file. functions.ts says
 * which groups a function reads.
 */
export const settingGroups = {
  domain: {
    PRODUCER_DOMAIN: text(/^[a-z][a-z0-9-]{0,31}$/, 'must be a short lower-case name', 'card'),
    VOCABULARY: optionalChoice(VOCABULARY_NAMES),
    SOURCE_FORM: choice(SOURCE_FORMS, 'card-number'),
    SOURCE_LENGTHS: z.optional(lengths(SOURCE_DIGITS.fewest, SOURCE_DIGITS.most)),
    SOURCE_CHECK_DIGIT: optionalChoice(SOURCE_CHECK_DIGITS),
    REFERENCE_FORMAT: choice(REFERENCE_RULES, 'card-networks'),
    REFERENCE_LUHN: choice(LUHN_POLICIES, 'must-fail'),
    TOME_PROFILE: tomeProfile,
  },
  strategy: {
    TOKENIZER: choice(['pooled', 'direct'], 'pooled'),
  },
  request: {
    REQUEST_DEADLINE_MS: integer(5_000, 100, 29_000),
    CALLER_REQUESTS_PER_SECOND: integer(1_000, 0, 100_000),
  },
  database: {
    DATABASE_URL: z.optional(
      url({
        schemes: ['postgres', 'postgresql'],
        expected: 'must be a postgres:// or postgresql:// URL',
        mayHaveCredentials: true,
        mayHaveQuery: true,
      }),
    ),
    DATABASE_SECRET_ID: z.optional(z.string()),
    DATABASE_HOST: optionalText(/^[A-Za-z0-9.-]+$/, 'must be a host name'),
    DATABASE_PORT: integer(5_432, 1, 65_535),
    DATABASE_NAME: text(/^[a-z][a-z0-9_]{0,62}$/, 'must be a database name', 'pool'),
    DATABASE_USER: optionalText(/^[a-z][a-z0-9_]{0,62}$/, "must be a role's name"),
    DATABASE_MAX_CONNECTIONS: integer(1, 1, 200),
    DATABASE_QUERY_TIMEOUT_MS: integer(2_000, 50, 60_000),
    DATABASE_ATTEMPTS: integer(3, 1, 10),
    DATABASE_MAX_IDLE_SECONDS: integer(60, 1, 3_600),
    DATABASE_BREAKER_FAILURES: integer(2, 1, 1_000),
    DATABASE_BREAKER_OPEN_MS: integer(2_000, 10, 300_000),
    DATABASE_PREPARE: flag(true),
    DATABASE_TLS: flag(true),
  },
  tome: {
    TOME_URL: httpUrl,
    TOME_CREDENTIAL: z.optional(z.string()),
    TOME_CREDENTIAL_SECRET_ID: z.optional(z.string()),
    TOME_CLIENT_CERTIFICATE: z.optional(z.string()),
    TOME_CLIENT_CERTIFICATE_SECRET_ID: z.optional(z.string()),
    TOME_ATTEMPT_TIMEOUT_MS: integer(1_000, 10, 29_000),
    TOME_MAX_ATTEMPTS: integer(3, 1, 10),
    TOME_BACKOFF_BASE_MS: integer(50, 1, 10_000),
    TOME_BACKOFF_CAP_MS: integer(1_000, 1, 60_000),
    TOME_RETRY_RATIO: ratio(0.1),
    TOME_BREAKER_FAILURES: integer(10, 1, 1_000),
    TOME_BREAKER_OPEN_MS: integer(2_000, 10, 300_000),
    TOME_BATCH_CALLS_PER_SECOND: integer(80, 1, 10_000),
    TOME_LIVE_CALLS_PER_SECOND: integer(0, 0, 10_000),
    TOME_OTHER_CALLS_PER_SECOND: integer(0, 0, 100_000),
  },
  idempotency: {
    IDEMPOTENCY_HMAC_SECRET: z.optional(z.string().check(z.minLength(32, 'must have at least 32 characters'))),
    IDEMPOTENCY_HMAC_SECRET_ID: z.optional(z.string()),
    IDEMPOTENCY_RETENTION_SECONDS: integer(86_400, 60, 2_592_000),
  },
  callers: {
    CALLER_LOOKUP_MISSES_PER_HOUR: integer(100, 0, 1_000_000),
    CALLER_DETOKENIZE_REFUSALS_PER_HOUR: integer(100, 0, 1_000_000),
    CALLER_EXISTING_CREATIONS_PER_HOUR: integer(500, 0, 1_000_000),
  },
  creation: {
    DIRECT_CREATIONS_PER_SECOND: integer(80, 0, 10_000),
    UNACCEPTABLE_REFERENCES: choice(UNACCEPTABLE_REFERENCES, 'accept-and-count'),
  },
  pool: {
    POOL_TARGET_MIN: integer(5_000, 0, 1_000_000),
    POOL_TARGET_MAX: integer(50_000, 0, 1_000_000),
    POOL_COVER_MINUTES: integer(30, 0, 1_440),
    POOL_LOW_WATER_RATIO: ratio(0.3),
    POOL_REFILL_LEAD_MINUTES: integer(3, 0, 120),
    GAUGES_TO: choice(['log', 'cloudwatch'], 'log'),
  },
  prefetch: {
    PREFETCH_BATCH_SIZE: integer(5_000, 1, 5_000),
    PREFETCH_MAPPING_CONCURRENCY: integer(32, 1, 500),
    PREFETCH_ACTIVATION_CHUNK: integer(200, 1, 5_000),
    PREFETCH_BULK_TOKENIZE: flag(false),
    PREFETCH_LEASE_SECONDS: integer(60, 1, 900),
    PREFETCH_MAX_MAPPING_FAILURES: integer(5, 1, 100),
    PREFETCH_TIME_LIMIT_MS: integer(570_000, 1_000, 870_000),
    EXPIRY_MARGIN_SECONDS: integer(86_400, 0, 31_536_000),
  },
  settle: {
    RESERVATION_HORIZON_SECONDS: integer(900, 1, 86_400),
    SETTLE_BATCH_SIZE: integer(500, 1, 5_000),
  },
  relay: {
    EVENT_QUEUE_URL: httpUrl,
    RELAY_BATCH_SIZE: integer(500, 1, 1_000),
    RELAY_LEASE_SECONDS: integer(30, 1, 900),
    RELAY_TIME_LIMIT_MS: integer(50_000, 1_000, 870_000),
  },
} as const;

type Groups = typeof settingGroups;
export type GroupName = keyof Groups;

type UnionToIntersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer Intersection,
) => void
  ? Intersection
  : never;

/** The parsers of all settings of the named groups, by setting. */
export type Parsers<Names extends GroupName> = UnionToIntersection<Groups[Names]>;

/** The values of all settings of the named groups. */
export type Settings<Names extends GroupName> = {
  readonly [Key in keyof Parsers<Names>]: Parsers<Names>[Key] extends z.core.$ZodType<infer Output> ? Output : never;
};
