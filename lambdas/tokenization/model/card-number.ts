import { inspect } from 'node:util';
import { InvalidInput } from '../errors.ts';
import { lengthsOfNetwork } from './card-networks.ts';
import { passesLuhn } from './luhn.ts';

/** What stands wherever a card number would. */
export const CARD_NUMBER_PLACEHOLDER = '[card number]';

/**
 * A card number (PAN): 13 to 19 digits with a right check digit (ISO/IEC 7812-1), no leading zero, and
 * a length that the network of its first digits issues. One number in ten passes the check digit with
 * its security code behind it, so only the length keeps the code out; where a network issues both
 * lengths, as Visa's 13 and 16, nothing can tell them apart. Numbers of no known network are accepted.
 *
 * It cannot be printed by accident: converting it to text, JSON or a debugger's view gives a
 * placeholder. Only `reveal` gives the digits, and only TOME's client and the answer of detokenize
 * call it.
 */
export class CardNumber {
  readonly #digits: string;

  private constructor(digits: string) {
    this.#digits = digits;
  }

  /** Throws InvalidInput that names the field and never the value. */
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
   * What TOME stored for a reference, when it could ever be accepted: earlier rules asked for a check digit and no more, and a
   * reference that was given out must show its number for ever (I4). `null` for anything else.
   */
  static stored(text: string): CardNumber | null {
    return /^[0-9]{13,19}$/.test(text) && passesLuhn(text) ? new CardNumber(text) : null;
  }

  reveal(): string {
    return this.#digits;
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
