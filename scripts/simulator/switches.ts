import * as z from 'zod/mini';

/**
 * The unknown properties of the real TOME (docs/design.md#calling-tome). Each can be changed while
 * the simulator runs.
 */
export const switchesSchema = z.strictObject({
  /**
   * A bound source is tokenized with another token: 200 with the existing token, or 409 with it.
   */
  alreadyBound: z._default(z.enum(['echo', 'conflict']), 'echo'),
  /** The product does not work with `overwrite`; the probe detects it. */
  binding: z._default(z.enum(['once', 'overwrite']), 'once'),
  rateLimitScope: z._default(z.enum(['endpoint', 'namespace', 'off']), 'endpoint'),
  rateLimitPerSecond: z._default(z.int().check(z.minimum(1), z.maximum(100_000)), 250),
  /**
   * Milliseconds after which an unassigned token expires and can be issued again; 0 means never.
   */
  tokenLifetimeMs: z._default(z.int().check(z.minimum(0)), 0),
  bulkTokenize: z._default(z.enum(['absent', 'present']), 'absent'),
  /** Share of bulk items that fail, 0-1. */
  bulkFailureRate: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0),
  latencyMs: z._default(z.number().check(z.minimum(0), z.maximum(60_000)), 50),
  /** Random deviation of the latency as a share of it, 0-1. */
  latencySpread: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.1),
  references: z._default(z.enum(['agreed', 'any-luhn', 'unrestricted']), 'agreed'),
});

export type Switches = z.infer<typeof switchesSchema>;
export type SwitchChanges = Partial<Switches>;

export const switchesFrom = (changes: SwitchChanges, current: Partial<Switches> = {}): Switches =>
  switchesSchema.parse({ ...current, ...changes });
