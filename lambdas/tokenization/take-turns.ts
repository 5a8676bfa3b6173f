import type { Clock } from './ports/clock.ts';

/** Work that is done in batches, each of them one short statement. */
export interface BatchedWork<Name extends string> {
  readonly name: Name;
  /** Rows of a full batch. A batch that is not full was the last one. */
  readonly limit: number;
  /** Does one batch and returns how many rows it had. */
  readonly batch: () => Promise<number>;
}

/**
 * Does one batch of each work in turn, until nothing is left or the time is over. So a large
 * backlog of one work does not delay the others. A work that fails stops only itself: the first
 * error is thrown when all other works have finished. Returns the rows of each work.
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
