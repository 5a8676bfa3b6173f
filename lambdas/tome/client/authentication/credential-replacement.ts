import type { Clock } from '../../../tokenization/ports/clock.ts';
import type { Authentication, Credential } from './authentication.ts';

/** Milliseconds without a replacement after TOME refused a new credential too. */
const PAUSE_MS = 30_000;

/**
 * Decides whether a request that TOME answered with 401 is sent again with another credential. When
 * TOME refuses the other one as well, the credential is not the cause, and for a while no call
 * requests a further one.
 */
export class CredentialReplacement {
  readonly #authentication: Authentication;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(authentication: Authentication, clock: Pick<Clock, 'monotonicMs'>) {
    this.#authentication = authentication;
    this.#clock = clock;
  }

  /**
   * Drops the refused credential. Returns whether the request should be sent again.
   * `isReplacement`: this call has replaced a credential already.
   */
  replace(refused: Credential, isReplacement: boolean): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (isReplacement) this.#pausedUntilMs = nowMs + PAUSE_MS;
    return nowMs >= this.#pausedUntilMs && this.#authentication.refuse(refused);
  }
}
