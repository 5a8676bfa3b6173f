/** Calls whose caller already got an error, and whose effects arrive later. */
export class LateEffects {
  #calls: (() => Promise<unknown>)[] = [];

  add(call: () => Promise<unknown>): void {
    this.#calls.push(call);
  }

  get size(): number {
    return this.#calls.length;
  }

  /** Makes the oldest call. Its error is ignored, because its caller no longer waits for it. */
  async arrive(): Promise<void> {
    await this.#calls
      .shift()?.()
      .catch(() => undefined);
  }

  async arriveAll(): Promise<void> {
    while (this.#calls.length > 0) await this.arrive();
  }
}
