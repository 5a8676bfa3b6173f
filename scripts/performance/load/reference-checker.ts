/** Errors of the service that a client can detect. */
export type WrongKind = 'two cards, one reference' | 'one card, two references' | 'given out and not found';

/** Counts by kind, without card numbers. */
export type WrongCounts = Readonly<Record<WrongKind, number>>;

/** Records the reference of every card, and counts the answers that contradict an earlier one. */
export class ReferenceChecker {
  readonly #referenceOf = new Map<string, string>();
  readonly #cardOf = new Map<string, string>();
  readonly #wrong: Record<WrongKind, number> = {
    'two cards, one reference': 0,
    'one card, two references': 0,
    'given out and not found': 0,
  };

  /** Records that an answer connected this card and this reference. */
  record(card: string, reference: string): void {
    const knownReference = this.#referenceOf.get(card);
    const knownCard = this.#cardOf.get(reference);
    if (knownReference !== undefined && knownReference !== reference) this.#wrong['one card, two references'] += 1;
    if (knownCard !== undefined && knownCard !== card) this.#wrong['two cards, one reference'] += 1;
    if (knownReference === undefined) this.#referenceOf.set(card, reference);
    if (knownCard === undefined) this.#cardOf.set(reference, card);
  }

  /** Records that an answer did not find a card or reference of an earlier answer. */
  recordMissing(): void {
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
