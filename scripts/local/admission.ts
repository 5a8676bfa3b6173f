export interface AdmissionSettings {
  /** Requests that are worked on at once, like a function's concurrency on AWS. */
  readonly concurrency: number;
  /** How long a request may wait for its turn, in milliseconds. */
  readonly maxWaitMs: number;
}

/** Lets so many requests in at once, has the others wait their turn, and turns away who waited too long. */
export class Admission {
  readonly #settings: AdmissionSettings;
  #underWay = 0;
  #waiting: ((isAdmitted: boolean) => void)[] = [];

  constructor(settings: AdmissionSettings) {
    this.#settings = settings;
  }

  /** False for a request that is turned away; one that is let in calls `leave` when it is done. */
  async enter(): Promise<boolean> {
    if (this.#underWay < this.#settings.concurrency) {
      this.#underWay += 1;
      return true;
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== decide);
        resolve(false);
      }, this.#settings.maxWaitMs);
      const decide = (isAdmitted: boolean): void => {
        clearTimeout(timer);
        resolve(isAdmitted);
      };
      this.#waiting.push(decide);
    });
  }

  /** Hands the place to whoever waited longest. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay -= 1;
    else next(true);
  }
}
