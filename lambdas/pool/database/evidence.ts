import type { Admission } from '../../tokenization/circuit-breaker.ts';

/**
 * What one piece of work shows the breaker. A statement without an answer proves nothing by itself: it may wait for a lock. When the
 * server then does not answer on a new connection either, both count.
 */
export class Evidence {
  readonly #admission: Admission;
  #silences = 0;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  answered(): void {
    this.#silences = 0;
    this.#admission.succeed();
  }

  statementWasSilent(): void {
    this.#silences += 1;
  }

  serverIsSilent(): void {
    for (let count = 0; count <= this.#silences; count += 1) this.#admission.fail();
  }

  end(): void {
    this.#admission.abandon();
  }
}
