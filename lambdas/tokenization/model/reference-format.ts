import { CARD_NETWORK_RANGES, startsBetween } from './card-networks.ts';
import { hasCheckDigit, type LuhnPolicy } from './luhn.ts';

export type FormatFault = 'not-16-digits' | 'card-network-prefix' | 'check-digit';

/** Forbidden leading digits, from `from` to `to`, both included. `why` names the card networks. */
export interface ForbiddenRange {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export interface ReferenceFormat {
  readonly version: number;
  readonly forbidden: readonly ForbiddenRange[];
}

/** First digits that are forbidden as a whole. */
const FORBIDDEN_FIRST_DIGITS: readonly ForbiddenRange[] = [
  { from: '0', to: '0', why: 'ISO/TC 68' },
  { from: '3', to: '3', why: 'American Express, Diners Club, JCB' },
  { from: '4', to: '4', why: 'Visa' },
  { from: '5', to: '5', why: 'Mastercard, Maestro' },
  { from: '6', to: '6', why: 'Discover, Maestro, UnionPay, RuPay' },
  { from: '7', to: '7', why: 'petroleum cards' },
];

/**
 * The networks' ranges that a version forbids. A network with a prefix of one digit that issues no
 * 16 digits forbids nothing: UATP has the first digit 1 with 15 digits, and a reference has 16.
 */
const forbiddenSince = (version: number): readonly ForbiddenRange[] =>
  CARD_NETWORK_RANGES.filter(
    ({ since, from, lengths }) => since <= version && (from.length > 1 || lengths.includes(16)),
  )
    .filter(({ from }) => !FORBIDDEN_FIRST_DIGITS.some((digit) => digit.from === from[0]))
    .map(({ from, to, network }) => ({ from, to, why: network }));

/**
 * A reference must not start like a card number. A new rule is a new version at the end. Existing
 * versions do not change, because references that were returned under them stay readable
 * (`isOfAnyFormat`). `test/unit/tokenization/reference-format.test.ts` pins each version.
 */
export const REFERENCE_FORMATS: readonly [ReferenceFormat, ...ReferenceFormat[]] = [
  {
    version: 1,
    forbidden: [
      ...FORBIDDEN_FIRST_DIGITS,
      { from: '1800', to: '1800', why: 'JCB' },
      { from: '2131', to: '2131', why: 'JCB' },
      { from: '2200', to: '2204', why: 'Mir' },
      { from: '2221', to: '2720', why: 'Mastercard' },
      { from: '81', to: '81', why: 'UnionPay, RuPay' },
      { from: '9792', to: '9792', why: 'Troy' },
    ],
  },
  { version: 2, forbidden: [...FORBIDDEN_FIRST_DIGITS, ...forbiddenSince(2)] },
];

export const CURRENT_REFERENCE_FORMAT: ReferenceFormat = REFERENCE_FORMATS.at(-1) ?? REFERENCE_FORMATS[0];

/** Why `text` is not acceptable as a reference, or `null`. */
export function findFormatFault(text: string, luhn: LuhnPolicy, format = CURRENT_REFERENCE_FORMAT): FormatFault | null {
  if (!/^[0-9]{16}$/.test(text)) return 'not-16-digits';
  if (format.forbidden.some((range) => startsBetween(text, range))) return 'card-network-prefix';
  if (!hasCheckDigit(text, luhn)) return 'check-digit';
  return null;
}
