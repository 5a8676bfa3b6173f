import * as z from 'zod/mini';

/** What nobody knows yet about the real TOME, as switches (brief 3). All can be turned while it runs. */
export const switchesSchema = z.strictObject({
  /** A source that is bound already, asked with another token: 200 with the existing token, or 409 with it. */
  alreadyBound: z._default(z.enum(['echo', 'conflict']), 'echo'),
  /** `overwrite` is what the product refuses to work with; the contract probe detects it. */
  binding: z._default(z.enum(['once', 'overwrite']), 'once'),
  rateLimitScope: z._default(z.enum(['endpoint', 'namespace', 'off']), 'endpoint'),
  rateLimitPerSecond: z._default(z.int().check(z.minimum(1), z.maximum(100_000)), 250),
  /** Milliseconds after which an unassigned token expires and may be issued again; 0 for never. */
  tokenLifetimeMs: z._default(z.int().check(z.minimum(0)), 0),
  bulkTokenize: z._default(z.enum(['absent', 'present']), 'absent'),
  /** Share of bulk items that fail, 0-1. */
  bulkFailureRate: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0),
  latencyMs: z._default(z.number().check(z.minimum(0), z.maximum(60_000)), 50),
  /** Share of the latency by which single answers differ, 0-1. */
  latencySpread: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.1),
  references: z._default(z.enum(['agreed', 'any-luhn', 'unrestricted']), 'agreed'),
});

export type Switches = z.infer<typeof switchesSchema>;
export type SwitchChanges = Partial<Switches>;

export const switchesFrom = (changes: SwitchChanges, current: Partial<Switches> = {}): Switches =>
  switchesSchema.parse({ ...current, ...changes });
