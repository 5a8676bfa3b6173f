import { planRefill } from '../../../../lambdas/tokenization/refill/refill-plan.ts';
import { ConsumptionHistory } from './consumption-history.ts';
import { DAY_SECONDS } from './day-curve.ts';
import { RefillModel, type RefillModelSettings } from './refill-model.ts';

export interface DaySettings extends RefillModelSettings {
  /** Direct creations a second, of all instances together. */
  readonly directPerSecond: number;
  /** The limit of TOME for one operation, of both namespaces together. */
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
  /** Creations that were answered 503 with Retry-After. The clients of the model do not retry. */
  readonly refused: number;
  readonly poolMinimum: number;
  readonly poolMinimumAt: number;
  readonly emptySeconds: number;
  /** Calls of one create and one detokenize for each card. */
  readonly liveCalls: number;
  readonly batchCalls: number;
  /**
   * How many more pairs the pool has at the end than at the start. Their batch calls are for
   * another day.
   */
  readonly stockGrowth: number;
  readonly dualCalls: number;
  readonly seconds: readonly DaySecond[];
}

/** A direct creation makes two binding calls, and confirms each of them with one more call. */
const CALLS_OF_DIRECT = 4;
const TOKENIZES_OF_DIRECT = 2;

/**
 * Simulates the pool for a day, second by second, with the refill plan of the product
 * (`planRefill`) and the rules of its jobs. It starts at midnight with a full pool. It uses whole
 * pairs and whole seconds, and has no latencies. `untilSecond` ends it early.
 */
export function modelDay(curve: readonly number[], settings: DaySettings, untilSecond = DAY_SECONDS): DayOutcome {
  const history = new ConsumptionHistory();
  const refill = new RefillModel(settings, history);
  const target = (second: number, used: number) =>
    planRefill({ available, staged: refill.staged, ...history.rates(second, used) }, settings);
  let available = settings.targetMin;
  let used = 0;
  let isWanted = false;
  let carried = 0;
  const sum = { direct: 0, refused: 0, batchCalls: 0, emptySeconds: 0 };
  const seconds: DaySecond[] = [];
  let poolMinimum = available;
  let poolMinimumAt = 0;

  for (let second = 0; second < untilSecond; second += 1) {
    if (second % settings.healthEverySeconds === 0) {
      if (isWanted || available < target(second, used).lowWater) {
        refill.start(second);
        isWanted = false;
      }
      history.sample(second, used);
    }
    if (second > 0 && second % settings.prefetchEverySeconds === 0) refill.start(second);

    carried += curve[second] ?? 0;
    // Sums of rates are rounded, so a card counts when at most this share of it is missing.
    const wanted = Math.floor(carried + 1e-6);
    carried -= wanted;
    const step = refill.step(second, { available, used }, roomForMapping(wanted, available, settings));
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
    if (available === 0) sum.emptySeconds += 1;
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
    // Each card is created once and detokenized once.
    liveCalls: used - sum.direct + CALLS_OF_DIRECT * sum.direct + used,
    dualCalls: 4 * used,
    stockGrowth: available + refill.staged - settings.targetMin,
    seconds,
  };
}

/**
 * Returns the mapping calls that TOME allows in addition to live creations. A creation makes one
 * `tokenize` call with a pair, and two on the direct path.
 */
function roomForMapping(wanted: number, available: number, { tomePerSecond, directPerSecond }: DaySettings): number {
  const pooled = Math.min(wanted, available);
  return tomePerSecond - pooled - TOKENIZES_OF_DIRECT * Math.min(wanted - pooled, directPerSecond);
}
