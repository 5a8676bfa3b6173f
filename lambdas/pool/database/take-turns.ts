import type { Clock } from '../../tokenization/ports/clock.ts';

/** Work that is done in batches, each a short statement. */
export interface BatchedWork<Name extends string> {
  readonly name: Name;
  /** Rows of a full batch: after one that is not full nothing is left. */
  readonly limit: number;
  /** Does one batch; how many rows it had. */
  readonly batch: () => Promise<number>;
}

/**
 * Does one batch of each work in turn until nothing is left or the time is over. A backlog of one kind, however large, so never
 * keeps the others waiting, and what fails stops only itself: the first error is thrown after all others have had their turns.
 * Returns the rows of each work.
 */
export async function takeTurns<Name extends string>(
  works: readonly BatchedWork<Name>[],
  { deadlineMs, clock }: { readonly deadlineMs: number; readonly clock: Clock },
): Promise<Readonly<Record<Name, number>>> {
  const totals = Object.fromEntries(works.map(({ name }) => [name, 0])) as Record<Name, number>;
  const failures: unknown[] = [];
  let left = works;
  while (left.length > 0 && clock.monotonicMs() < deadlineMs) {
    const unfinished: BatchedWork<Name>[] = [];
    for (const work of left) {
      if (clock.monotonicMs() >= deadlineMs) break;
      try {
        const done = await work.batch();
        totals[work.name] += done;
        if (done >= work.limit) unfinished.push(work);
      } catch (error) {
        failures.push(error);
      }
    }
    left = unfinished;
  }
  if (failures.length > 0) throw failures[0];
  return totals;
}
