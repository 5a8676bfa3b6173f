import { passesLuhn } from './luhn.ts';

/** Whether a reference must fail, may pass or must pass the card numbers' check digit (brief 3). */
export type LuhnPolicy = 'must-fail' | 'any' | 'must-pass';
export const LUHN_POLICIES = ['must-fail', 'any', 'must-pass'] as const satisfies readonly LuhnPolicy[];

export type FormatFault = 'not-16-digits' | 'card-network-prefix' | 'check-digit';

/** Inclusive range of leading digits, and who is known to issue cards there. */
interface ForbiddenRange {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export interface ReferenceFormat {
  readonly version: number;
  readonly forbidden: readonly ForbiddenRange[];
}

/**
 * The rule that a reference never starts as a card number does. A new rule is a new version at the end, never a change of an old one: stored references
 * were checked against the version of their day. First digits 0, 3, 4, 5, 6 and 7 join the users' two lists; the rest
 * are the networks that issue inside the digits those lists allow (brief 3, "The reference's format"; ISO/IEC 7812-1 gives 9 to national use).
 */
export const REFERENCE_FORMATS: readonly [ReferenceFormat, ...ReferenceFormat[]] = [
  {
    version: 1,
    forbidden: [
      { from: '0', to: '0', why: 'both lists; ISO/TC 68' },
      { from: '1800', to: '1800', why: 'JCB' },
      { from: '2131', to: '2131', why: 'JCB' },
      { from: '2200', to: '2204', why: 'Mir' },
      { from: '2221', to: '2720', why: 'Mastercard' },
      { from: '3', to: '3', why: 'American Express, Diners Club, JCB' },
      { from: '4', to: '4', why: 'Visa' },
      { from: '5', to: '5', why: 'Mastercard, Maestro' },
      { from: '6', to: '6', why: 'Discover, Maestro, UnionPay, RuPay' },
      { from: '7', to: '7', why: 'one of the lists; petroleum cards' },
      { from: '81', to: '81', why: 'UnionPay, RuPay' },
      { from: '9792', to: '9792', why: 'Troy' },
    ],
  },
];

export const CURRENT_REFERENCE_FORMAT: ReferenceFormat = REFERENCE_FORMATS.at(-1) ?? REFERENCE_FORMATS[0];

/** What is wrong with `text` as a reference under this format and policy, or `null`. */
export function findFormatFault(text: string, luhn: LuhnPolicy, format = CURRENT_REFERENCE_FORMAT): FormatFault | null {
  if (!/^[0-9]{16}$/.test(text)) return 'not-16-digits';
  if (format.forbidden.some(({ from, to }) => text.slice(0, from.length) >= from && text.slice(0, to.length) <= to)) {
    return 'card-network-prefix';
  }
  if (luhn !== 'any' && passesLuhn(text) !== (luhn === 'must-pass')) return 'check-digit';
  return null;
}
