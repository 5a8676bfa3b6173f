import { planRefill } from '../../../../lambdas/tokenization/refill/refill-plan.ts';
import { ConsumptionMemory } from './consumption-memory.ts';
import { DAY_SECONDS } from './day-curve.ts';
import { RefillModel, type RefillModelSettings } from './refill-model.ts';

export interface DaySettings extends RefillModelSettings {
  /** Direct creations a second, over all instances. */
  readonly directPerSecond: number;
  /** TOME's limit of one operation, both namespaces together. */
  readonly tomePerSecond: number;
  readonly prefetchEverySeconds: number;
  readonly healthEverySeconds: number;
}

export interface DaySecond {
  readonly available: number;
  readonly direct: number;
  readonly refused: number;
  readonly batchCalls: number;
}

export interface DayOutcome {
  readonly created: number;
  readonly direct: number;
  /** Creations that got 503 with Retry-After; the model's clients do not come again. */
  readonly refused: number;
  readonly poolMinimum: number;
  readonly poolMinimumAt: number;
  readonly drySeconds: number;
  /** One create and one detokenize for each card, as the users count. */
  readonly liveCalls: number;
  readonly batchCalls: number;
  /** Pairs that the pool holds more at the end than at the start: batch calls that are for another day. */
  readonly stockGrowth: number;
  readonly dualCalls: number;
  readonly seconds: readonly DaySecond[];
}

/** A direct creation: two bindings, and a second answer to each before it is believed. */
const CALLS_OF_DIRECT = 4;
const TOKENIZES_OF_DIRECT = 2;

/**
 * A day of the pool, second by second, by the product's own plan of refills (`planRefill`) and the rules of its jobs. It starts with a full pool at
 * midnight. Whole pairs and whole seconds; latencies are not in it. `untilSecond` ends it early.
 */
export function modelDay(curve: readonly number[], settings: DaySettings, untilSecond = DAY_SECONDS): DayOutcome {
  const memory = new ConsumptionMemory();
  const refill = new RefillModel(settings, memory);
  const target = (second: number, used: number) =>
    planRefill({ available, staged: refill.staged, ...memory.rates(second, used) }, settings);
  let available = settings.targetMin;
  let used = 0;
  let isWanted = false;
  let carried = 0;
  const sum = { direct: 0, refused: 0, batchCalls: 0, drySeconds: 0 };
  const seconds: DaySecond[] = [];
  let poolMinimum = available;
  let poolMinimumAt = 0;

  for (let second = 0; second < untilSecond; second += 1) {
    if (second % settings.healthEverySeconds === 0) {
      if (isWanted || available < target(second, used).lowWater) {
        refill.start(second);
        isWanted = false;
      }
      memory.sample(second, used);
    }
    if (second > 0 && second % settings.prefetchEverySeconds === 0) refill.start(second);

    carried += curve[second] ?? 0;
    // Sums of rates are not exact; this much is not a card.
    const wanted = Math.floor(carried + 1e-6);
    carried -= wanted;
    const step = refill.step(second, { available, used }, roomBeside(wanted, available, settings));
    available += step.activated;
    const pooled = Math.min(wanted, available, settings.tomePerSecond);
    const room = Math.floor(settings.tomePerSecond - pooled - step.mappingCalls);
    const direct = Math.max(
      0,
      Math.min(wanted - pooled, settings.directPerSecond, Math.floor(room / TOKENIZES_OF_DIRECT)),
    );
    const refused = wanted - pooled - direct;
    available -= pooled;
    used += pooled + direct;
    if (pooled < wanted) isWanted = true;

    sum.direct += direct;
    sum.refused += refused;
    sum.batchCalls += step.mappingCalls + step.prefetchCalls;
    if (available === 0) sum.drySeconds += 1;
    if (available < poolMinimum) {
      poolMinimum = available;
      poolMinimumAt = second;
    }
    seconds.push({ available, direct, refused, batchCalls: step.mappingCalls + step.prefetchCalls });
  }
  return {
    ...sum,
    created: used,
    poolMinimum,
    poolMinimumAt,
    // Each card is created and shown once.
    liveCalls: used - sum.direct + CALLS_OF_DIRECT * sum.direct + used,
    dualCalls: 4 * used,
    stockGrowth: available + refill.staged - settings.targetMin,
    seconds,
  };
}

/** What live creations would leave of TOME's limit to the mapping: one call for each that finds a pair, two for each that goes the direct path. */
function roomBeside(wanted: number, available: number, { tomePerSecond, directPerSecond }: DaySettings): number {
  const pooled = Math.min(wanted, available);
  return tomePerSecond - pooled - TOKENIZES_OF_DIRECT * Math.min(wanted - pooled, directPerSecond);
}
