interface Sample {
  readonly second: number;
  readonly used: number;
}

export interface ConsumptionRates {
  readonly peakConsumedPerMinute: number;
  readonly refilledPerMinute: number | null;
}

/**
 * The rates of consumption and refill, computed by the rules of `pool_health`: current consumption
 * is the difference from the oldest sample of the last five minutes, the peak is the highest five
 * minutes of the last hour, and refills are those of the last day.
 */
export class ConsumptionHistory {
  #samples: Sample[] = [];
  readonly #refills: { readonly startedAt: number; readonly seconds: number; readonly activated: number }[] = [];

  rates(second: number, used: number): ConsumptionRates {
    const earlier = this.#samples.find((sample) => second - sample.second <= 300 && second - sample.second >= 5);
    const now = earlier === undefined ? 0 : ((used - earlier.used) * 60) / (second - earlier.second);
    const usedIn = new Map(this.#samples.map((sample) => [Math.floor(sample.second / 60), sample.used]));
    const peak = Math.max(0, ...[...usedIn].map(([minute, later]) => (later - (usedIn.get(minute - 5) ?? later)) / 5));
    const day = this.#refills.filter(({ startedAt }) => second - startedAt < 86_400);
    const seconds = day.reduce((sum, refill) => sum + refill.seconds, 0);
    const activated = day.reduce((sum, refill) => sum + refill.activated, 0);
    return {
      peakConsumedPerMinute: Math.max(now, peak),
      refilledPerMinute: seconds === 0 ? null : (activated * 60) / seconds,
    };
  }

  sample(second: number, used: number): void {
    this.#samples = this.#samples.filter((sample) => second - sample.second <= 65 * 60);
    this.#samples.push({ second, used });
  }

  recordRefill(startedAt: number, seconds: number, activated: number): void {
    if (activated > 0) this.#refills.push({ startedAt, seconds, activated });
  }
}
