import { lengthsOfNetwork, mayContainCardNumber } from './card-networks.ts';
import type { DigitForm } from './digit-form.ts';
import { passesLuhn } from './luhn.ts';

export const SOURCE_FORMS = ['card-number', 'account-number'] as const;
export const SOURCE_CHECK_DIGITS = ['none', 'luhn'] as const;

export interface AccountNumberForm {
  readonly kind: 'account-number';
  /** The accepted numbers of digits, in order. */
  readonly lengths: readonly number[];
  /** `luhn`: the last digit must be the check digit of card numbers. */
  readonly checkDigit: (typeof SOURCE_CHECK_DIGITS)[number];
}

/**
 * What the sources of a producer domain look like: the values that NS1 stores. The rules of card
 * numbers are those of the networks (card-networks.ts). Account numbers have lengths of the domain,
 * may start with 0, and may have no check digit (docs/card-data.md#account-numbers).
 */
export type SourceForm = { readonly kind: 'card-number' } | AccountNumberForm;

export const CARD_NUMBERS: SourceForm = { kind: 'card-number' };

/**
 * Why a text is no source of this form, in words that follow the name of its field; otherwise
 * `null`. Never quotes the text.
 */
export const findSourceFault = (text: string, form: SourceForm): string | null =>
  form.kind === 'card-number' ? findCardFault(text) : findAccountFault(text, form);

function findCardFault(text: string): string | null {
  if (!/^[0-9]{13,19}$/.test(text)) return 'must be 13 to 19 digits without spaces';
  if (text.startsWith('0')) return 'must not start with 0';
  if (lengthsOfNetwork(text)?.includes(text.length) === false) {
    return "must have a length that the card's network issues";
  }
  return passesLuhn(text) ? null : 'has a wrong check digit';
}

function findAccountFault(text: string, { lengths, checkDigit }: AccountNumberForm): string | null {
  if (!/^[0-9]+$/.test(text) || !lengths.includes(text.length)) {
    return `must be ${describeLengths(lengths)} digits without spaces`;
  }
  return checkDigit === 'none' || passesLuhn(text) ? null : 'has a wrong check digit';
}

/**
 * Whether NS1 can have stored the text as a source of this form, now or under an earlier rule.
 * Returned references must stay readable (docs/design.md#i4), so it accepts more than requests may
 * contain: a card number without a length of its network, because earlier rules required a check
 * digit only, and an account number with any lengths and check digit that a domain can configure.
 */
export const canBeStored = (text: string, { kind }: SourceForm): boolean =>
  kind === 'card-number' ? /^[0-9]{13,19}$/.test(text) && passesLuhn(text) : /^[0-9]{8,19}$/.test(text);

/**
 * Whether a text of TOME that is no token could be or contain a source, so that it must not be
 * stored. In an account domain, any eight digits in a row could be, also with separators.
 */
export const mayContainSource = (text: string, { kind }: SourceForm): boolean =>
  mayContainCardNumber(text) || (kind === 'account-number' && /[0-9]{8}/.test(text.replaceAll(/[^0-9A-Za-z]/g, '')));

/**
 * The digits that the masks of logs must also hide; `null` for card numbers, which they know by
 * the networks' ranges.
 */
export const digitFormOf = (form: SourceForm): DigitForm | null =>
  form.kind === 'card-number'
    ? null
    : { lengths: form.lengths, checkDigit: form.checkDigit === 'luhn' ? 'must-pass' : 'any' };

/** `10 to 19`, or `8, 10 to 12 or 16`. */
function describeLengths(lengths: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const length of lengths) {
    const last = ranges.at(-1);
    if (last?.to === length - 1) last.to = length;
    else ranges.push({ from: length, to: length });
  }
  const words = ranges.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
  return [words.slice(0, -1).join(', '), words.at(-1)].filter((part) => part !== '').join(' or ');
}
