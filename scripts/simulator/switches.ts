import * as z from 'zod/mini';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { REFERENCE_STYLES } from './token-format.ts';

const callsPerSecond = z.int().check(z.minimum(1), z.maximum(100_000));

/**
 * How the simulator differs from an ideal TOME of its profile, and answers to what is not known of
 * the real TOME (docs/design.md#calling-tome). Each can be changed while the simulator runs.
 */
const switchesSchema = z.strictObject({
  /**
   * A bound source is tokenized with another token: 200 with the existing token, or 409 with it.
   */
  alreadyBound: z.enum(['echo', 'conflict']),
  /** What an answer repeats: the request's id in a header, the request's item, or neither. */
  answersShow: z.enum(['request-id', 'item', 'neither']),
  /** `off`: calls without a credential are answered too. */
  authentication: z.enum(['required', 'off']),
  /** Seconds for which an access token of the token endpoint is valid. */
  accessTokenSeconds: z.int().check(z.minimum(1), z.maximum(1_000_000)),
  /** The product does not work with `overwrite`; the probe detects it. */
  binding: z.enum(['once', 'overwrite']),
  /**
   * What the limit counts: the calls of an operation in both namespaces (`endpoint`), of an
   * operation in each namespace (`namespace`), all calls of a namespace (`whole-namespace`), or
   * `all` calls.
   */
  rateLimitScope: z.enum(['endpoint', 'namespace', 'whole-namespace', 'all', 'off']),
  rateLimitPerSecond: callsPerSecond,
  /**
   * Calls a second that a gateway in front of TOME lets through: all together, or of each
   * namespace; `null` for all calls. A namespace that is not named has no limit.
   */
  edgeCallsPerSecond: z.nullable(
    z.union([callsPerSecond, z.strictObject({ ns1: z.optional(callsPerSecond), ns2: z.optional(callsPerSecond) })]),
  ),
  /** How the gateway answers the other calls. TOME does not receive them. */
  edgeAnswer: z.enum(['edge-rate-limited', 'access-denied', 'gateway-page']),
  /**
   * Milliseconds after which an unassigned token expires and can be issued again; 0 means never.
   */
  tokenLifetimeMs: z.int().check(z.minimum(0)),
  /** Whether a prefetch answer states when its tokens expire. */
  expiry: z.enum(['stated', 'unstated']),
  bulkTokenize: z.enum(['absent', 'present']),
  /** Share of bulk items that fail, 0-1. */
  bulkFailureRate: z.number().check(z.minimum(0), z.maximum(1)),
  latencyMs: z.number().check(z.minimum(0), z.maximum(60_000)),
  /** Random deviation of the latency as a share of it, 0-1. */
  latencySpread: z.number().check(z.minimum(0), z.maximum(1)),
  references: z.enum(REFERENCE_STYLES),
});

export type Switches = z.infer<typeof switchesSchema>;
export type SwitchChanges = Partial<Switches>;

const MS_PER_HOUR = 3_600_000;

/** The switches of a TOME that behaves as its profile says. */
export const switchesOf = ({
  alreadyBound,
  answersShow,
  limits,
  tokenLifetimeHours,
  bulkItems,
}: TomeProfile): Switches => ({
  alreadyBound,
  answersShow,
  authentication: 'required',
  accessTokenSeconds: 3_600,
  binding: 'once',
  rateLimitScope: limits.scope === 'namespace' ? 'whole-namespace' : limits.scope,
  rateLimitPerSecond: limits.callsPerSecond,
  edgeCallsPerSecond: null,
  edgeAnswer: 'edge-rate-limited',
  tokenLifetimeMs: (tokenLifetimeHours ?? 0) * MS_PER_HOUR,
  expiry: 'stated',
  bulkTokenize: bulkItems === null ? 'absent' : 'present',
  bulkFailureRate: 0,
  latencyMs: 50,
  latencySpread: 0.1,
  references: 'agreed',
});

/** Throws zod's error for an unknown switch or an invalid value. */
export const changedSwitches = (current: Switches, changes: SwitchChanges): Switches =>
  switchesSchema.parse({ ...current, ...changes });
