/**
 * Database functions by purpose, for the rows of functions.ts. A database role may execute the
 * functions of its row and has no other right: it can read no table.
 */

/** Find the pair of a card, and store a pair that only TOME knows. */
export const READ_BY_TOKEN = ['find_by_internal_token', 'caller_budget_wait', 'record_bound_pair'] as const;

/** Find the pair of a reference, and store a pair that only TOME knows. */
export const READ_BY_REFERENCE = ['find_by_reference', 'caller_budget_wait', 'record_bound_pair'] as const;

/** Create a card: take a pair, mark it used, or record what became of it. */
export const CREATE_CARD = [
  'reserve',
  'find_reserved',
  'mark_used',
  'release',
  'quarantine_reservation',
  'spend_direct_budget',
  'request_refill',
] as const;

/** Create a card under an Idempotency-Key. */
export const IDEMPOTENCY = [
  'reserve_for_key',
  'mark_used_for_key',
  'complete_idempotency_key',
  'release_idempotency_key',
  // Called by the functions of the previous release while a deployment is under way.
  'resolve_claim',
  'yield_claim',
] as const;

/** Fill the pool, under the lease of one prefetch run. */
export const FILL_POOL = [
  'acquire_lease',
  'renew_lease',
  'release_lease',
  'pool_health',
  'take_refill_request',
  'count_spare_tokens',
  'announce_prefetch',
  'stage_tokens',
  'staged_pairs',
  'activate_mapped_pairs',
  'quarantine_unused',
  'note_mapping_failure',
  'note_refill',
  // Called by the functions of the previous release while a deployment is under way.
  'stage_pairs',
  'activate_pairs',
] as const;
