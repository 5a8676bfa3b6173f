/** One request to send. */
export interface FuzzRequest {
  /** What was done to it, for people. Never a value. */
  readonly what: string;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** The card that it is about, if it is well formed. */
  readonly card: string | null;
  /** Bytes to write on a connection of their own instead: what no HTTP client would send. */
  readonly bytes: Buffer | null;
}

/** An answer, as it came. `null` when there was none. */
export interface FuzzAnswer {
  readonly status: number;
  /** By their lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A card and the reference that it was answered with. */
export interface KnownCard {
  readonly card: string;
  readonly reference: string;
}

/** Draws from a seeded generator of numbers from 0 up to 1. */
export class Dice {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  of<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => String(this.below(10))).join('');
  }
}
