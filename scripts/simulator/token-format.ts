import type { Namespace } from '../../lambdas/tome/contract/contract.ts';

type Random = () => number;

/**
 * What NS2's references look like: as the product wants them, with any check digit, or any 16
 * digits at all.
 */
export type ReferenceStyle = 'agreed' | 'any-luhn' | 'unrestricted';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A random token in the format of the namespace. The vault makes sure that it is unique. */
export function randomToken(namespace: Namespace, style: ReferenceStyle, random: Random): string {
  if (namespace === 'ns1')
    return `it_${Array.from({ length: 25 }, () => ALPHABET[Math.floor(random() * 62)]).join('')}`;
  for (;;) {
    const reference = digits(16, random);
    if (style === 'unrestricted' || (isAgreedStart(reference) && (style === 'any-luhn' || !passesLuhn(reference)))) {
      return reference;
    }
  }
}

/** A reference that looks like a card number: first digit of Visa and a correct check digit. */
export function cardLikeReference(random: Random): string {
  for (;;) {
    const reference = `4${digits(15, random)}`;
    if (passesLuhn(reference)) return reference;
  }
}

/**
 * A text that is not a token of the namespace: too long for a reference, too short for an internal
 * token.
 */
export const oddToken = (namespace: Namespace, random: Random): string =>
  namespace === 'ns2' ? `9${digits(16, random)}` : `odd_${digits(8, random)}`;

/**
 * A source as another producer can have stored it: not an accepted card number, or not an internal
 * token.
 */
export const oddSource = (namespace: Namespace, random: Random): string =>
  namespace === 'ns1' ? digits(12, random) : oddToken('ns1', random);

const digits = (count: number, random: Random): string =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join('');

/**
 * The prefixes that TOME avoids among first digits 1, 2, 8 and 9. It is not the product's table: a
 * simulator that shared the table could not show that the product checks every reference.
 */
const AVOIDED_STARTS =
  /^(1800|1946|170019|2131|220[0-5]|22[3-9]|222[1-9]|2[3-6]|27[01]|2720|207177|286900|81|82|8600|9051|9112|9417|9682|9704|9762|9792|9860|9891|903769|991975)/;

const isAgreedStart = (reference: string): boolean => /^[1289]/.test(reference) && !AVOIDED_STARTS.test(reference);

function passesLuhn(text: string): boolean {
  let sum = 0;
  for (const [index, character] of text.split('').reverse().entries()) {
    const value = Number(character) * (index % 2 === 0 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}
