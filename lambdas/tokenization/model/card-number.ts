import { inspect } from 'node:util';
import { InvalidInput } from '../errors.ts';
import { lengthsOfNetwork } from './card-networks.ts';
import { passesLuhn } from './luhn.ts';

/** The text that replaces a card number. */
export const CARD_NUMBER_PLACEHOLDER = '[card number]';

/**
 * A card number (PAN): 13 to 19 digits with a valid check digit (ISO/IEC 7812-1), no leading zero,
 * and a length of its network. The length keeps a number out whose security code was appended: one
 * in ten of these has a valid check digit. It cannot do so when a network uses both lengths, as
 * Visa does with 13 and 16. Numbers of unknown networks are accepted.
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
  static parse(text: string, field = 'cardNumber'): CardNumber {
    if (!/^[0-9]{13,19}$/.test(text)) throw new InvalidInput(field, 'must be 13 to 19 digits without spaces');
    if (text.startsWith('0')) throw new InvalidInput(field, 'must not start with 0');
    if (lengthsOfNetwork(text)?.includes(text.length) === false) {
      throw new InvalidInput(field, "must have a length that the card's network issues");
    }
    if (!passesLuhn(text)) throw new InvalidInput(field, 'has a wrong check digit');
    return new CardNumber(text);
  }

  /**
   * The card number that TOME stores for a reference, or `null` when it was never acceptable.
   * Earlier rules required a check digit only, and returned references must stay readable
   * (docs/design.md#i4).
   */
  static stored(text: string): CardNumber | null {
    return /^[0-9]{13,19}$/.test(text) && passesLuhn(text) ? new CardNumber(text) : null;
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
