import { withDistinctTexts } from '../distinct-texts.ts';
import { LeaseLost } from '../errors.ts';
import { TomeError } from '../tome-errors.ts';
import { fetchTokens } from './fetch-tokens.ts';
import { mapStagedPairs } from './map-staged-pairs.ts';
import { MappingOutcomes } from './mapping-outcomes.ts';
import type { PrefetchDependencies, PrefetchRun, PrefetchTally } from './prefetch-run.ts';
import { isWorthAnotherRound, planRefill } from './refill-plan.ts';

export interface PrefetchResult extends PrefetchTally {
  readonly outcome: 'full' | 'incomplete' | 'overtaken' | 'already-running';
  /** Why the run ended before the pool was full: an error's code, `out-of-time` or `no-tokens`. */
  readonly stoppedBy: string | null;
}

/**
 * Fills the pool (docs/design.md#the-pool): binds the pairs that an earlier run staged, then
 * requests, stages and binds further ones until the pool is full or the time is over. Each step is
 * committed before the next one, so the next run finishes a run that was killed. `deadlineMs` is
 * the monotonic time at which the run stops, before the timeout of its function.
 */
export async function prefetch(
  { tome, ...others }: PrefetchDependencies,
  { runId, deadlineMs }: { readonly runId: string; readonly deadlineMs: number },
): Promise<PrefetchResult> {
  const dependencies: PrefetchDependencies = { ...others, tome: withDistinctTexts(tome) };
  const tally: PrefetchTally = {
    target: 0,
    fetched: 0,
    staged: 0,
    activated: 0,
    quarantined: 0,
    rejected: 0,
    rejectedReferences: 0,
    unanswered: 0,
  };
  const lease = await dependencies.store.acquireLease(runId);
  if (lease === null) return { ...tally, outcome: 'already-running', stoppedBy: null };
  try {
    const call = { deadlineMs, lane: 'batch', correlationId: runId } as const;
    const startedMs = dependencies.clock.monotonicMs();
    const run = { lease, call, tally };
    const outcomes = new MappingOutcomes(dependencies, run);
    const stoppedBy = await fillPool(dependencies, run, outcomes);
    tally.unanswered = outcomes.unanswered;
    await outcomes.noteFailures();
    if (tally.activated > 0) {
      await dependencies.store.noteRefill((dependencies.clock.monotonicMs() - startedMs) / 1_000, tally.activated);
    }
    await dependencies.store.releaseLease(lease);
    return { ...tally, outcome: stoppedBy === null ? 'full' : 'incomplete', stoppedBy };
  } catch (error) {
    if (error instanceof LeaseLost) return { ...tally, outcome: 'overtaken', stoppedBy: error.code };
    throw error;
  }
}

/**
 * The most rounds in a row without a new pair: tokens that are stored already, or unusable ones.
 */
const MOST_ROUNDS_WITHOUT_PAIR = 3;

/** Returns what ended the run before the pool was full, or `null`. */
async function fillPool(
  dependencies: PrefetchDependencies,
  run: PrefetchRun,
  outcomes: MappingOutcomes,
): Promise<string | null> {
  const { clock, settings } = dependencies;
  let rounds = 0;
  let roundsWithoutPair = 0;
  try {
    for (;;) {
      await mapStagedPairs(dependencies, run, outcomes);
      if (clock.monotonicMs() >= run.call.deadlineMs) return 'out-of-time';
      const plan = planRefill(await dependencies.poolLevel(), settings);
      run.tally.target = plan.target;
      dependencies.onProgress?.(run.tally);
      if (plan.deficit === 0 || (rounds > 0 && !isWorthAnotherRound(plan))) return null;
      rounds += 1;
      const staged = await fetchTokens(dependencies, run, Math.min(plan.deficit, settings.batchSize));
      roundsWithoutPair = staged === 0 ? roundsWithoutPair + 1 : 0;
      if (roundsWithoutPair === MOST_ROUNDS_WITHOUT_PAIR) return 'no-tokens';
    }
  } catch (error) {
    if (error instanceof TomeError) return error.code;
    throw error;
  }
}
