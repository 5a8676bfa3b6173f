import type { Clock } from '../../../tokenization/ports/clock.ts';

/** The secret of a credential is read again at most once in this time, in milliseconds. */
const READ_PAUSE_MS = 30_000;

export interface CredentialSource {
  /** The text that was read at start. */
  readonly text: string;
  /** Reads the text again, because an operator may have replaced it. */
  readonly read: () => Promise<string>;
  /** The secret could not be read again; the known text stays in use. */
  readonly onUnreadable: (error: unknown) => void;
}

/** The text of a credential, which can be read again after a server refused it. */
export class StoredCredential {
  readonly #source: CredentialSource;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #text: string;
  #readAtMs: number;

  constructor(source: CredentialSource, clock: Pick<Clock, 'monotonicMs'>) {
    this.#source = source;
    this.#clock = clock;
    this.#text = source.text;
    this.#readAtMs = clock.monotonicMs();
  }

  get text(): string {
    return this.#text;
  }

  get mayBeReadAgain(): boolean {
    return this.#clock.monotonicMs() - this.#readAtMs >= READ_PAUSE_MS;
  }

  /** Reads the text again, if the last time is long ago. Never rejects. */
  async readAgain(): Promise<void> {
    if (!this.mayBeReadAgain) return;
    this.#readAtMs = this.#clock.monotonicMs();
    try {
      this.#text = await this.#source.read();
    } catch (error) {
      this.#source.onUnreadable(error);
    }
  }
}
