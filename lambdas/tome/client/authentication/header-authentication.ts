import type { Clock } from '../../../tokenization/ports/clock.ts';
import { CredentialUnavailable } from '../failures.ts';
import type { Authentication, Credential } from './authentication.ts';
import { endsBefore } from './ends-before.ts';
import type { StoredCredential } from './stored-credential.ts';

/**
 * One header with the credential. After a 401 its secret is read again, for an exchanged key. Only
 * calls that were refused wait for that.
 */
export class HeaderAuthentication implements Authentication {
  readonly #line: { readonly header: string; readonly prefix: string };
  readonly #stored: StoredCredential;
  readonly #clock: Clock;
  #credential: Credential;
  #reading: Promise<void> | null = null;

  constructor(line: { readonly header: string; readonly prefix: string }, stored: StoredCredential, clock: Clock) {
    this.#line = line;
    this.#stored = stored;
    this.#clock = clock;
    this.#credential = this.#fromText();
  }

  start(): void {}

  assertReady(): void {}

  async ready(deadlineMs: number, refused: Credential | null = null): Promise<void> {
    if (this.current(refused) !== null) return;
    if (this.#reading !== null && (await endsBefore(this.#reading, deadlineMs, this.#clock))) return;
    throw new CredentialUnavailable('The credential of TOME was not read in time. Nothing was sent.', { attempts: 0 });
  }

  current(refused: Credential | null = null): Credential | null {
    return this.#credential === refused ? null : this.#credential;
  }

  refuse(credential: Credential): boolean {
    if (credential !== this.#credential || this.#reading !== null) return true;
    if (!this.#stored.mayBeReadAgain) return false;
    this.#reading = this.#stored.readAgain().then(() => {
      this.#credential = this.#fromText();
      this.#reading = null;
    });
    return true;
  }

  #fromText(): Credential {
    const { header, prefix } = this.#line;
    const headers = { [header]: `${prefix}${this.#stored.text}` };
    return { headersFor: () => headers };
  }
}
