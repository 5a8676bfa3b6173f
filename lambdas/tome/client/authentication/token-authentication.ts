import type { Random } from '../../../tokenization/ports/clock.ts';
import { CredentialUnavailable } from '../failures.ts';
import type { Authentication, Credential } from './authentication.ts';
import { endsBefore } from './ends-before.ts';
import { elapsedMs, type Moment, momentOf, type Time } from './moment.ts';
import { RefreshPauses } from './refresh-pauses.ts';
import type { AccessToken } from './token-answer.ts';

/** A token request that failed, and the seconds that the server asked to wait. */
export interface NoToken {
  readonly retryAfterSeconds: number;
}

export interface TokenAuthenticationParts {
  /** Requests a token. Never rejects. */
  readonly request: () => Promise<AccessToken | NoToken>;
  readonly time: Time;
  readonly random: Random;
}

/** A token is not used in the last part of its lifetime: the request travels, and clocks differ. */
const UNUSED_SHARE = 0.1;
const LONGEST_UNUSED_MS = 10_000;

/** When a token is replaced behind running calls, as a share of its lifetime. */
const EARLIEST_REFRESH = 0.5;
const LATEST_REFRESH = 0.7;

/** A refresh that takes longer was lost, for example because the function was frozen. */
const LOST_AFTER_MS = 10_000;

interface HeldToken {
  readonly credential: Credential;
  /** Before the request, so that the time on the way counts as lifetime. */
  readonly requestedAt: Moment;
  readonly usableMs: number;
  readonly refreshAfterMs: number;
}

interface Refresh {
  readonly startedAt: Moment;
  readonly done: Promise<void>;
}

/**
 * An OAuth 2.0 access token, which is kept until it expires. Calls use the present token while one
 * of them requests the next one. A call waits only while there is no valid token, and all calls
 * wait for the same refresh. Nothing depends on a timer that runs behind the calls: a frozen
 * function runs none.
 */
export class TokenAuthentication implements Authentication {
  readonly #parts: TokenAuthenticationParts;
  readonly #pauses: RefreshPauses;
  #token: HeldToken | null = null;
  /** The last token that TOME answered with 401. It is replaced, and used until then. */
  #refused: Credential | null = null;
  #refresh: Refresh | null = null;

  constructor(parts: TokenAuthenticationParts) {
    this.#parts = parts;
    this.#pauses = new RefreshPauses(parts.time, parts.random);
  }

  start(): void {
    this.#refreshIfDue();
  }

  assertReady(): void {
    if (this.current() === null) this.#assertMayCome();
  }

  async ready(deadlineMs: number, refused: Credential | null = null): Promise<void> {
    const { time } = this.#parts;
    for (;;) {
      if (this.current(refused) !== null) {
        this.#refreshIfDue();
        return;
      }
      this.#assertMayCome();
      const pauseMs = this.#runningRefresh() === null ? this.#pauses.waitMs : 0;
      if (pauseMs > 0) {
        if (time.monotonicMs() + pauseMs >= deadlineMs) throw this.#unavailable();
        await time.sleep(pauseMs);
        continue;
      }
      const { done } = this.#runningRefresh() ?? this.#begin();
      if (!(await endsBefore(done, deadlineMs, time))) throw this.#unavailable();
    }
  }

  current(refused: Credential | null = null): Credential | null {
    const token = this.#token;
    return token !== null && token.credential !== refused && this.#isUsable(token) ? token.credential : null;
  }

  refuse(credential: Credential): boolean {
    if (this.#token?.credential === credential) this.#refused = credential;
    return true;
  }

  #isUsable({ requestedAt, usableMs }: HeldToken): boolean {
    return elapsedMs(requestedAt, this.#parts.time) < usableMs;
  }

  #refreshIfDue(): void {
    if (this.#isDue(this.#token) && this.#mayStart()) this.#begin();
  }

  #isDue(token: HeldToken | null): boolean {
    if (token === null || token.credential === this.#refused) return true;
    return elapsedMs(token.requestedAt, this.#parts.time) >= token.refreshAfterMs;
  }

  /** Throws when the token endpoint is down and no request for a token runs or may start. */
  #assertMayCome(): void {
    if (this.#pauses.isDown && !this.#mayStart()) throw this.#unavailable();
  }

  #mayStart(): boolean {
    return this.#runningRefresh() === null && this.#pauses.waitMs === 0;
  }

  #runningRefresh(): Refresh | null {
    const refresh = this.#refresh;
    return refresh !== null && elapsedMs(refresh.startedAt, this.#parts.time) < LOST_AFTER_MS ? refresh : null;
  }

  #begin(): Refresh {
    const startedAt = momentOf(this.#parts.time);
    const refresh: Refresh = { startedAt, done: this.#parts.request().then((answer) => this.#end(refresh, answer)) };
    this.#refresh = refresh;
    return refresh;
  }

  #end(refresh: Refresh, answer: AccessToken | NoToken): void {
    // A refresh that counts as lost has been replaced. Its answer could be older.
    if (this.#refresh !== refresh) return;
    this.#refresh = null;
    if (!('token' in answer)) {
      this.#pauses.fail(answer.retryAfterSeconds * 1_000);
      return;
    }
    const token = this.#hold(answer, refresh.startedAt);
    // Without a pause the calls that wait would request the next one at once, without end.
    if (!this.#isUsable(token)) return this.#pauses.fail(0);
    this.#pauses.succeed();
    this.#token = token;
  }

  #hold({ token, lifetimeMs }: AccessToken, requestedAt: Moment): HeldToken {
    const headers = { authorization: `Bearer ${token}` };
    const share = EARLIEST_REFRESH + this.#parts.random() * (LATEST_REFRESH - EARLIEST_REFRESH);
    return {
      credential: { headersFor: () => headers },
      requestedAt,
      usableMs: lifetimeMs - Math.min(LONGEST_UNUSED_MS, lifetimeMs * UNUSED_SHARE),
      refreshAfterMs: lifetimeMs * share,
    };
  }

  #unavailable(): CredentialUnavailable {
    return new CredentialUnavailable('There is no valid access token for TOME. Nothing was sent.', {
      attempts: 0,
      retryAfterSeconds: Math.max(1, Math.ceil(this.#pauses.waitMs / 1_000)),
    });
  }
}
