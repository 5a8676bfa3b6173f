import { passesLuhn } from './luhn.ts';

/** Inclusive range of leading digits in which a network issues cards; `from` and `to` have the same number of digits. */
export interface CardNetworkRange {
  readonly network: string;
  readonly from: string;
  readonly to: string;
  /** How many digits the network's card numbers have in this range. */
  readonly lengths: readonly number[];
  /** The version of the reference format that first kept references out of this range. */
  readonly since: number;
  readonly source: string;
}

/** The page as of 2024-07-19, and the ranges of the same table that networks have published since. */
const WIKIPEDIA = 'https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)';
const ACTIVE_MERCHANT =
  'https://github.com/activemerchant/active_merchant/blob/00401aff83d522e401fca8af23febdcf6cdd9100/lib/active_merchant/billing/credit_card_methods.rb';
const BRAINTREE =
  'https://github.com/braintree/credit-card-type/blob/0bac61c069d498f9867278ee80f23ca20222af8f/src/lib/card-types.ts';
const PERSIAN_TOOLS =
  'https://github.com/persian-tools/persian-tools/blob/358f2a33d7bbad70b9c4be983100615253fc96e1/src/modules/getBankNameFromCardNumber/banksCode.skip.ts';
/** First digit 9 belongs to the national bodies; the country's code of ISO 3166-1 numeric follows it. */
const ISO_7812 = 'ISO/IEC 7812-1, major industry identifier 9; ISO 3166-1 numeric';

const FROM_13 = [13, 14, 15, 16, 17, 18, 19];
const FROM_14 = [14, 15, 16, 17, 18, 19];
const FROM_16 = [16, 17, 18, 19];
/** The version of the reference format that this table became part of. */
const TABLE = 2;

const ranges = (network: string, prefixes: string, lengths: readonly number[], source: string): CardNetworkRange[] =>
  prefixes.split(' ').map((prefix) => {
    const [from = '', to = from] = prefix.split('-');
    return { network, from, to, lengths, since: TABLE, source };
  });

/**
 * Where the card networks issue, and the only such list in the project. The reference format, the
 * lengths that a card number may have, the redaction of log lines and CloudWatch's masks are all made
 * from it, so that none of them can know a network that another does not.
 *
 * A range that is added here needs a new version in `reference-format.ts`, and that version in its
 * `since`: references were checked against the version of their day. Maestro issues from 12 digits;
 * numbers below 13 digits are not accepted and not looked for.
 */
export const CARD_NETWORK_RANGES: readonly CardNetworkRange[] = [
  ...ranges('UATP', '1', [15], WIKIPEDIA),
  ...ranges('JCB', '1800 2131', [15], BRAINTREE),
  ...ranges('GPN', '1946', [16, 18, 19], WIKIPEDIA),
  ...ranges('Shetab', '170019 207177 903769 991975', [16], PERSIAN_TOOLS),
  ...ranges('Mir', '2200-2204', FROM_16, WIKIPEDIA),
  ...ranges('Borica', '2205', FROM_16, WIKIPEDIA),
  ...ranges('Mastercard', '2221-2720 51-55', [16], WIKIPEDIA),
  ...ranges('Carnet', '286900 502275 506199-506499', [16], ACTIVE_MERCHANT),
  ...ranges('Diners Club', '30 36 38-39', FROM_14, WIKIPEDIA),
  ...ranges('JCB', '3088-3094 3096-3102 3112-3120 3158-3159 3337-3349', [16], ACTIVE_MERCHANT),
  ...ranges('JCB', '3528-3589', FROM_16, BRAINTREE),
  ...ranges('China T-Union', '31', [19], WIKIPEDIA),
  ...ranges('American Express', '34 37', [15], WIKIPEDIA),
  ...ranges('RuPay', '353 356 508 60 65 81-82', [16], WIKIPEDIA),
  ...ranges('LankaPay', '357111', [16], WIKIPEDIA),
  ...ranges('Hipercard', '384100 384140 384160 606282 637095 637568 637599 637609 637612', [16], ACTIVE_MERCHANT),
  ...ranges('Visa', '4', [13, 16, 19], WIKIPEDIA),
  ...ranges('Maestro', '50 56-59 6 61 63-64 66-69 637-639', FROM_13, WIKIPEDIA),
  ...ranges('Dankort', '5019', [16], WIKIPEDIA),
  ...ranges('Elo', '504175 506699-506778 509000-509999 627780 636297-636298 636368', [16], BRAINTREE),
  ...ranges('Meeza', '5078', [16], WIKIPEDIA),
  ...ranges('Verve', '506099-506198 507865-507964 650002-650027', [16, 18, 19], WIKIPEDIA),
  ...ranges('GPN', '50 56 58 60-61 63', [16, 18, 19], WIKIPEDIA),
  ...ranges('UzCard', '5614 8600', [16], WIKIPEDIA),
  ...ranges('AfriGo', '564456', [18], WIKIPEDIA),
  ...ranges('Discover', '6011 622126-622925 644-649 65', FROM_16, WIKIPEDIA),
  ...ranges('UkrCard', '604001-604200', FROM_16, WIKIPEDIA),
  ...ranges('UnionPay', '62 81', FROM_16, WIKIPEDIA),
  ...ranges('InterPayment', '636', FROM_16, WIKIPEDIA),
  ...ranges('InstaPayment', '637-639', [16], WIKIPEDIA),
  ...ranges('Troy', '65 9792', [16], WIKIPEDIA),
  ...ranges('Synchrony', '700600', [16], ACTIVE_MERCHANT),
  ...ranges('RouteX', '700676 700678', [19], ACTIVE_MERCHANT),
  ...ranges('ArCa', '9051', [16], ISO_7812),
  ...ranges('Belkart', '9112', [16], ISO_7812),
  ...ranges('Elcart', '9417', [16], ISO_7812),
  ...ranges('mada', '9682', [16], ACTIVE_MERCHANT),
  ...ranges('Napas', '9704', [16, 19], WIKIPEDIA),
  ...ranges('Korti Milli', '9762', [16], ISO_7812),
  ...ranges('Humo', '9860', [16], WIKIPEDIA),
  ...ranges('DinaCard', '9891', [16], ISO_7812),
];

/** Digits that any card number has, whatever its network. */
export const CARD_NUMBER_DIGITS = { fewest: 13, most: 19 } as const;

/** Whether the leading digits lie between `from` and `to`. */
export const startsBetween = (digits: string, { from, to }: { readonly from: string; readonly to: string }): boolean =>
  digits.slice(0, from.length) >= from && digits.slice(0, to.length) <= to;

const rangesByFirstDigit = Array.from({ length: 10 }, (_, first) =>
  CARD_NETWORK_RANGES.filter(({ from, to }) => Number(from[0]) <= first && first <= Number(to[0])),
);

const rangesOf = (digits: string): readonly CardNetworkRange[] =>
  (rangesByFirstDigit[Number(digits[0])] ?? []).filter((range) => startsBetween(digits, range));

/**
 * The lengths that the network of these digits issues; `null` when no network is known for them. The
 * most specific ranges decide: a number that starts with 508 is RuPay's and has RuPay's length,
 * although Maestro issues other lengths elsewhere in 50.
 */
export function lengthsOfNetwork(digits: string): readonly number[] | null {
  const found = rangesOf(digits);
  if (found.length === 0) return null;
  const mostSpecific = Math.max(...found.map(({ from }) => from.length));
  return found.filter(({ from }) => from.length === mostSpecific).flatMap(({ lengths }) => lengths);
}

/** Whether these digits could be a card number: of the length of any network that issues there, with a right check digit. */
export const couldBeCardNumber = (digits: string): boolean =>
  digits.length >= CARD_NUMBER_DIGITS.fewest &&
  digits.length <= CARD_NUMBER_DIGITS.most &&
  passesLuhn(digits) &&
  rangesOf(digits).some(({ lengths }) => lengths.includes(digits.length));
