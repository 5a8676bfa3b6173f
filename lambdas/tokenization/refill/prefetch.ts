import { LeaseLost } from '../errors.ts';
import { TomeError } from '../tome-errors.ts';
import { fetchTokens } from './fetch-tokens.ts';
import { mapStagedPairs } from './map-staged-pairs.ts';
import { MappingOutcomes } from './mapping-outcomes.ts';
import type { PrefetchDependencies, PrefetchRun, PrefetchTally } from './prefetch-run.ts';
import { isWorthAnotherRound, planRefill } from './refill-plan.ts';

export interface PrefetchResult extends PrefetchTally {
  readonly outcome: 'full' | 'incomplete' | 'overtaken' | 'already-running';
  /** Why it stopped before the pool was full: an error's code, `out-of-time` or `no-tokens`. */
  readonly stoppedBy: string | null;
}

/**
 * P1-P3: finish what an earlier run staged, then fetch, stage, map and activate by deficit until
 * the pool is full or time is up. Every step is committed before the next, so that a run killed
 * anywhere is finished by the next one (brief 2, rule 7). `deadlineMs` is the monotonic time by
 * which it stops by itself, before its function's timeout.
 */
export async function prefetch(
  dependencies: PrefetchDependencies,
  { runId, deadlineMs }: { readonly runId: string; readonly deadlineMs: number },
): Promise<PrefetchResult> {
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
    await outcomes.blame();
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
 * Rounds in a row that may give no pair at all (tokens known already, references refused) before a
 * run gives up.
 */
const MOST_FRUITLESS_ROUNDS = 3;

/** What stopped the run before the pool was full, or `null`. */
async function fillPool(
  dependencies: PrefetchDependencies,
  run: PrefetchRun,
  outcomes: MappingOutcomes,
): Promise<string | null> {
  const { clock, settings } = dependencies;
  let rounds = 0;
  let fruitlessRounds = 0;
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
      fruitlessRounds = staged === 0 ? fruitlessRounds + 1 : 0;
      if (fruitlessRounds === MOST_FRUITLESS_ROUNDS) return 'no-tokens';
    }
  } catch (error) {
    if (error instanceof TomeError) return error.code;
    throw error;
  }
}
