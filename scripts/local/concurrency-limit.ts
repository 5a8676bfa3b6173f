export interface ConcurrencyLimitSettings {
  /** Most requests that are processed at once, like the concurrency of a function on AWS. */
  readonly concurrency: number;
  /** How long a request may wait in the queue, in milliseconds. */
  readonly maxWaitMs: number;
}

/**
 * Limits the requests that are processed at once. The others wait in a queue, and are refused when
 * they have waited too long.
 */
export class ConcurrencyLimit {
  readonly #settings: ConcurrencyLimitSettings;
  #active = 0;
  #waiting: ((isAccepted: boolean) => void)[] = [];

  constructor(settings: ConcurrencyLimitSettings) {
    this.#settings = settings;
  }

  /** Returns false when the request is refused. After true the caller must call `release`. */
  async acquire(): Promise<boolean> {
    if (this.#active < this.#settings.concurrency) {
      this.#active += 1;
      return true;
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== decide);
        resolve(false);
      }, this.#settings.maxWaitMs);
      const decide = (isAccepted: boolean): void => {
        clearTimeout(timer);
        resolve(isAccepted);
      };
      this.#waiting.push(decide);
    });
  }

  /** Passes the slot to the request that has waited longest. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#active -= 1;
    else next(true);
  }
}
