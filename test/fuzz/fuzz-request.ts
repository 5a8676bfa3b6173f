/** One request to send. */
export interface FuzzRequest {
  /** Says for a report how the request was changed. Never contains a value. */
  readonly description: string;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** The card that a success is about; `null` when the request may not succeed with a card. */
  readonly card: string | null;
  /** Raw bytes to write on a new connection instead of a request, or `null`. */
  readonly bytes: Buffer | null;
}

export interface FuzzAnswer {
  readonly status: number;
  /** By their lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A card and the reference that the API returned for it. */
export interface KnownCard {
  readonly card: string;
  readonly reference: string;
}
