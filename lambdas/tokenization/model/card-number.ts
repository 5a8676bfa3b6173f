import { inspect } from 'node:util';
import { InvalidInput } from '../errors.ts';
import { CARD_NUMBERS, canBeStored, findSourceFault, type SourceForm } from './source-form.ts';

/** The text that replaces a card number. */
export const CARD_NUMBER_PLACEHOLDER = '[card number]';

/**
 * A source of NS1: a card number (PAN), or the account number of a domain that has no cards. Which
 * digits are accepted is the domain's form (source-form.ts).
 *
 * A card number has 13 to 19 digits with a valid check digit (ISO/IEC 7812-1), no leading zero, and
 * a length of its network. The length keeps a number out whose security code was appended: one in
 * ten of these has a valid check digit. It cannot do so when a network uses both lengths, as Visa
 * does with 13 and 16. Numbers of unknown networks are accepted.
 *
 * It cannot be printed by accident: its text, its JSON and its view in a debugger are a
 * placeholder. Only `reveal` returns the digits. TOME's client, the answer of detokenize and the
 * fingerprint of an idempotency key call it.
 */
export class CardNumber {
  readonly #digits: string;

  private constructor(digits: string) {
    this.#digits = digits;
  }

  /** Throws InvalidInput, which names the field and never the value. */
  static parse(text: string, form: SourceForm = CARD_NUMBERS, field = 'cardNumber'): CardNumber {
    const fault = findSourceFault(text, form);
    if (fault !== null) throw new InvalidInput(field, fault);
    return new CardNumber(text);
  }

  /**
   * The source that TOME stores for a reference, or `null` when it was never acceptable in a domain
   * of this form.
   */
  static stored(text: string, form: SourceForm = CARD_NUMBERS): CardNumber | null {
    return canBeStored(text, form) ? new CardNumber(text) : null;
  }

  reveal(): string {
    return this.#digits;
  }

  /** Whether the text is this number, such as a token that TOME issued without knowing the card. */
  hasDigits(text: string): boolean {
    return this.#digits === text;
  }

  equals(other: CardNumber): boolean {
    return this.#digits === other.#digits;
  }

  toString(): string {
    return CARD_NUMBER_PLACEHOLDER;
  }

  toJSON(): string {
    return CARD_NUMBER_PLACEHOLDER;
  }

  [inspect.custom](): string {
    return CARD_NUMBER_PLACEHOLDER;
  }
}
