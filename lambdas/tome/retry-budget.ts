/** Retries that a fresh client may make before it has made any calls. */
const INITIAL_RETRIES = 3;
/** Most retries that quiet times can save up. */
const MOST_SAVED_RETRIES = 50;

/**
 * Keeps retries to a share of calls (brief 2, "retries at most 10% of calls"): every call earns a fraction of a retry, every retry spends a whole
 * one. When TOME is failing, retrying everything would double its load just then.
 */
export class RetryBudget {
  readonly #ratio: number;
  #saved = INITIAL_RETRIES;

  constructor(ratio: number) {
    this.#ratio = ratio;
  }

  earn(): void {
    this.#saved = Math.min(MOST_SAVED_RETRIES, this.#saved + this.#ratio);
  }

  /** False when the share is used up. */
  spend(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
