import { randomBytes } from 'node:crypto';

/** Expired tokens are forgotten when there are so many. */
const MOST_TOKENS = 10_000;

/** The access tokens that the token endpoint has given out. They are in memory only. */
export class AccessTokens {
  readonly #expiries = new Map<string, number>();

  /** `nowMs` is monotonic. */
  issue(nowMs: number, seconds: number): string {
    if (this.#expiries.size >= MOST_TOKENS) {
      for (const [token, expiresMs] of this.#expiries) if (expiresMs <= nowMs) this.#expiries.delete(token);
    }
    const token = randomBytes(32).toString('base64url');
    this.#expiries.set(token, nowMs + seconds * 1_000);
    return token;
  }

  isValid(token: string, nowMs: number): boolean {
    return (this.#expiries.get(token) ?? nowMs) > nowMs;
  }

  /** From now on all tokens are unknown, as after a restart of the token server. */
  revokeAll(): void {
    this.#expiries.clear();
  }
}
