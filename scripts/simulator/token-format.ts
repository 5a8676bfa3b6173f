import type { Namespace } from '../../lambdas/tome/contract.ts';

type Random = () => number;

/** What NS2's references look like: as the product wants them, with any check digit, or any 16 digits at all. */
export type ReferenceStyle = 'agreed' | 'any-luhn' | 'unrestricted';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A fresh random token in the namespace's format. Uniqueness is the vault's affair. */
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

/** A reference that could be taken for a card number: a Visa-like start and a right check digit. */
export function cardLikeReference(random: Random): string {
  for (;;) {
    const reference = `4${digits(15, random)}`;
    if (passesLuhn(reference)) return reference;
  }
}

const digits = (count: number, random: Random): string =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join('');

/** TOME was asked for references outside the card networks' ranges; this is its own idea of them, not the product's table. */
const isAgreedStart = (reference: string): boolean =>
  /^[1289]/.test(reference) && !/^(1800|2131|220[0-4]|22[2-9]|2[3-6]|27[01]|2720|81|9792)/.test(reference);

function passesLuhn(text: string): boolean {
  let sum = 0;
  for (const [index, character] of text.split('').reverse().entries()) {
    const value = Number(character) * (index % 2 === 0 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}
