import { inspect } from 'node:util';
import { InvalidInput } from './errors/invalid-input.ts';
import { passesLuhn } from './luhn.ts';

const REDACTED = '[card number]';

/**
 * A card number (PAN): 13-19 digits with a right check digit (ISO/IEC 7812-1). It cannot be printed by accident: converting it to
 * text, JSON or a debugger's view gives a placeholder. Only `reveal` gives the digits, and only TOME's client and the answer
 * of detokenize call it (brief 1, "lives in memory and in TOME, nowhere else").
 */
export class CardNumber {
  readonly #digits: string;

  private constructor(digits: string) {
    this.#digits = digits;
  }

  /** Throws InvalidInput that names the field and never the value. */
  static parse(text: string, field = 'cardNumber'): CardNumber {
    if (!/^[0-9]{13,19}$/.test(text)) throw new InvalidInput(field, 'must be 13 to 19 digits without spaces');
    if (!passesLuhn(text)) throw new InvalidInput(field, 'has a wrong check digit');
    return new CardNumber(text);
  }

  reveal(): string {
    return this.#digits;
  }

  equals(other: CardNumber): boolean {
    return this.#digits === other.#digits;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
