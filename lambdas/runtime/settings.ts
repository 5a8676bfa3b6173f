import * as z from 'zod/mini';
import { LUHN_POLICIES } from '../tokenization/model/reference-format.ts';
import { RuntimeFailure } from './own-error.ts';
import { findUrlFaults, type UrlForm } from './url-faults.ts';

/**
 * Every setting of every function: its name in the environment, its default and its bounds. A test
 * compares docs/configuration.md with this file. Nothing else in the project reads a setting, and
 * each function reads only the groups it needs.
 */
const integer = (fallback: number, minimum: number, maximum: number) =>
  z.prefault(
    z.pipe(
      z.string().check(z.regex(/^\d{1,15}$/, `must be a whole number from ${minimum} to ${maximum}`)),
      z.pipe(
        z.transform((text: string) => Number(text)),
        z
          .number()
          .check(z.minimum(minimum, `must be at least ${minimum}`), z.maximum(maximum, `must be at most ${maximum}`)),
      ),
    ),
    String(fallback),
  );

const ratio = (fallback: number) =>
  z.prefault(
    z.pipe(
      z.string().check(z.regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')),
      z.transform((text: string) => Number(text)),
    ),
    String(fallback),
  );

const flag = (fallback: boolean) =>
  z.prefault(
    z.pipe(
      z.string().check(z.regex(/^(true|false)$/, 'must be true or false')),
      z.transform((text: string) => text === 'true'),
    ),
    String(fallback),
  );

const name = (fallback: string) =>
  z.prefault(z.string().check(z.regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a short lower-case name')), fallback);

const url = (form: UrlForm) =>
  z.string('must be set').check(({ value, issues }) => {
    for (const message of findUrlFaults(value, form)) issues.push({ code: 'custom', message, input: value });
  });

const httpUrl = url({ schemes: ['http', 'https'], expected: 'must be an http or https URL' });

export const settingGroups = {
  domain: {
    PRODUCER_DOMAIN: name('card'),
    REFERENCE_LUHN: z.prefault(z.enum(LUHN_POLICIES, `must be one of ${LUHN_POLICIES.join(', ')}`), 'must-fail'),
  },
  strategy: {
    TOKENIZER: z.prefault(z.enum(['pooled', 'direct'], 'must be pooled or direct'), 'pooled'),
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
    DATABASE_HOST: z.optional(z.string().check(z.regex(/^[A-Za-z0-9.-]+$/, 'must be a host name'))),
    DATABASE_PORT: integer(5_432, 1, 65_535),
    DATABASE_NAME: z.prefault(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a database name')), 'pool'),
    DATABASE_USER: z.optional(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,62}$/, "must be a role's name"))),
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
    TOME_ATTEMPT_TIMEOUT_MS: integer(1_000, 10, 29_000),
    TOME_MAX_ATTEMPTS: integer(3, 1, 10),
    TOME_BACKOFF_BASE_MS: integer(50, 1, 10_000),
    TOME_BACKOFF_CAP_MS: integer(1_000, 1, 60_000),
    TOME_RETRY_RATIO: ratio(0.1),
    TOME_BREAKER_FAILURES: integer(10, 1, 1_000),
    TOME_BREAKER_OPEN_MS: integer(2_000, 10, 300_000),
    TOME_BATCH_CALLS_PER_SECOND: integer(80, 1, 10_000),
    TOME_LIVE_CALLS_PER_SECOND: integer(0, 0, 10_000),
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
    DIRECT_CREATIONS_PER_SECOND: integer(100, 0, 10_000),
  },
  pool: {
    POOL_TARGET_MIN: integer(5_000, 0, 1_000_000),
    POOL_TARGET_MAX: integer(50_000, 0, 1_000_000),
    POOL_COVER_MINUTES: integer(30, 0, 1_440),
    POOL_LOW_WATER_RATIO: ratio(0.3),
    POOL_REFILL_LEAD_MINUTES: integer(3, 0, 120),
    GAUGES_TO: z.prefault(z.enum(['log', 'cloudwatch'], 'must be log or cloudwatch'), 'log'),
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
type Shape<Names extends keyof Groups> = UnionToIntersection<Groups[Names]>;
type UnionToIntersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer Intersection,
) => void
  ? Intersection
  : never;
export type Settings<Names extends keyof Groups> = {
  readonly [Key in keyof Shape<Names>]: Shape<Names>[Key] extends z.core.$ZodType<infer Output> ? Output : never;
};

/** Every fault of the environment at once, each naming its variable; never a value, which may be a secret. */
export class InvalidSettings extends RuntimeFailure {
  override readonly name = 'InvalidSettings';
  readonly code = 'settings-invalid';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The environment cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** The settings of the named groups, validated. An empty variable counts as absent. Throws InvalidSettings. */
export function readSettings<Names extends keyof Groups>(
  groups: readonly Names[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Settings<Names> {
  const shape = Object.assign({}, ...groups.map((group) => settingGroups[group])) as Record<string, z.core.$ZodType>;
  const given = Object.fromEntries(
    Object.keys(shape).map((key) => [key, environment[key] === '' ? undefined : environment[key]]),
  );
  const parsed = z.safeParse(z.object(shape), given);
  const faults = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  if (parsed.success) faults.push(...faultsBetween(parsed.data as Record<string, number>, new Set(Object.keys(shape))));
  if (faults.length > 0) throw new InvalidSettings(faults);
  return parsed.data as Settings<Names>;
}

/** Rules that tie two settings together; each holds only where both are read. */
function faultsBetween(settings: Readonly<Record<string, number>>, names: ReadonlySet<string>): string[] {
  const { POOL_TARGET_MIN, POOL_TARGET_MAX, RESERVATION_HORIZON_SECONDS, REQUEST_DEADLINE_MS } = settings;
  const faults: string[] = [];
  const given = (...options: string[]) => options.filter((option) => settings[option] !== undefined).length;
  if (names.has('DATABASE_URL')) {
    if (given('DATABASE_URL', 'DATABASE_SECRET_ID', 'DATABASE_USER') !== 1) {
      faults.push('exactly one of DATABASE_URL, DATABASE_SECRET_ID and DATABASE_USER must be set');
    }
    if (given('DATABASE_USER') > given('DATABASE_HOST')) {
      faults.push('DATABASE_HOST must be set with DATABASE_USER');
    }
  }
  if (names.has('IDEMPOTENCY_HMAC_SECRET') && given('IDEMPOTENCY_HMAC_SECRET', 'IDEMPOTENCY_HMAC_SECRET_ID') !== 1) {
    faults.push('exactly one of IDEMPOTENCY_HMAC_SECRET and IDEMPOTENCY_HMAC_SECRET_ID must be set');
  }
  const { TOME_ATTEMPT_TIMEOUT_MS } = settings;
  if (
    TOME_ATTEMPT_TIMEOUT_MS !== undefined &&
    REQUEST_DEADLINE_MS !== undefined &&
    REQUEST_DEADLINE_MS * 2 < TOME_ATTEMPT_TIMEOUT_MS
  ) {
    faults.push('TOME_ATTEMPT_TIMEOUT_MS must be at most twice REQUEST_DEADLINE_MS, or no breaker would ever open');
  }
  if (POOL_TARGET_MIN !== undefined && POOL_TARGET_MAX !== undefined && POOL_TARGET_MIN > POOL_TARGET_MAX) {
    faults.push('POOL_TARGET_MIN must not be above POOL_TARGET_MAX');
  }
  if (
    RESERVATION_HORIZON_SECONDS !== undefined &&
    REQUEST_DEADLINE_MS !== undefined &&
    RESERVATION_HORIZON_SECONDS * 1_000 < 2 * REQUEST_DEADLINE_MS
  ) {
    faults.push(
      'RESERVATION_HORIZON_SECONDS must be at least twice REQUEST_DEADLINE_MS, or live requests would be settled',
    );
  }
  return faults;
}
