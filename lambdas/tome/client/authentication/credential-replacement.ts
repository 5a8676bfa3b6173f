import type { Clock } from '../../../tokenization/ports/clock.ts';
import type { Authentication, Credential } from './authentication.ts';

/** Milliseconds without a replacement after TOME refused a new credential too. */
const PAUSE_MS = 30_000;

/**
 * Decides whether a request that TOME answered with 401 is sent again with another credential. When
 * TOME refuses the other one as well, credentials are most likely not the cause, and for a while no
 * request is sent again.
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
   * Requests another credential. Returns whether the request should be sent again with it.
   * `isReplacement`: this call has replaced a credential already.
   */
  replace(refused: Credential, isReplacement: boolean): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (isReplacement) {
      this.#pausedUntilMs = nowMs + PAUSE_MS;
      // It may have been issued before TOME forgot all tokens. Later calls get a further one.
      this.#authentication.refuse(refused);
      return false;
    }
    return nowMs >= this.#pausedUntilMs && this.#authentication.refuse(refused);
  }
}
