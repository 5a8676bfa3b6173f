import type { BreakerPermit } from '../../tokenization/circuit-breaker.ts';

/**
 * What one piece of work reports to the circuit breaker. A statement without an answer proves
 * nothing by itself: it may wait for a lock. Only when the server does not answer on a new
 * connection either, both count as failures.
 */
export class BreakerEvidence {
  readonly #admission: BreakerPermit;
  #silentStatements = 0;

  constructor(admission: BreakerPermit) {
    this.#admission = admission;
  }

  answered(): void {
    this.#silentStatements = 0;
    this.#admission.succeed();
  }

  statementWasSilent(): void {
    this.#silentStatements += 1;
  }

  serverIsSilent(): void {
    for (let count = 0; count <= this.#silentStatements; count += 1) this.#admission.fail();
  }

  end(): void {
    this.#admission.abandon();
  }
}
