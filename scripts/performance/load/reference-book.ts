/** What must never happen, as a client can see it. */
export type WrongKind = 'two cards, one reference' | 'one card, two references' | 'given out and not found';

/** Counts by kind. The card numbers are nobody's, and are not told all the same. */
export type WrongCounts = Readonly<Record<WrongKind, number>>;

/** Every card with its reference, as answers named them; an answer that contradicts an earlier one is counted. */
export class ReferenceBook {
  readonly #referenceOf = new Map<string, string>();
  readonly #cardOf = new Map<string, string>();
  readonly #wrong: Record<WrongKind, number> = {
    'two cards, one reference': 0,
    'one card, two references': 0,
    'given out and not found': 0,
  };

  /** An answer said that this is the card's reference. */
  note(card: string, reference: string): void {
    const knownReference = this.#referenceOf.get(card);
    const knownCard = this.#cardOf.get(reference);
    if (knownReference !== undefined && knownReference !== reference) this.#wrong['one card, two references'] += 1;
    if (knownCard !== undefined && knownCard !== card) this.#wrong['two cards, one reference'] += 1;
    if (knownReference === undefined) this.#referenceOf.set(card, reference);
    if (knownCard === undefined) this.#cardOf.set(reference, card);
  }

  /** An answer said that there is no such card or reference, after one that gave it out. */
  noteMissing(): void {
    this.#wrong['given out and not found'] += 1;
  }

  get wrongCounts(): WrongCounts {
    return { ...this.#wrong };
  }

  get wrongTotal(): number {
    return Object.values(this.#wrong).reduce((sum, count) => sum + count, 0);
  }

  get cards(): number {
    return this.#referenceOf.size;
  }
}
