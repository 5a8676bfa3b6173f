import { passesLuhn } from './luhn.ts';

/** Leading digits of a network's cards, from `from` to `to`, both included and of equal length. */
export interface CardNetworkRange {
  readonly network: string;
  readonly from: string;
  readonly to: string;
  /** The lengths of the network's card numbers in this range. */
  readonly lengths: readonly number[];
  /** The first version of the reference format that forbids this range. */
  readonly since: number;
  readonly source: string;
}

/** The page of 2024-07-19, and ranges of the same table that networks have published since. */
const WIKIPEDIA = 'https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)';
const ACTIVE_MERCHANT =
  'https://github.com/activemerchant/active_merchant/blob/00401aff83d522e401fca8af23febdcf6cdd9100/lib/active_merchant/billing/credit_card_methods.rb';
const BRAINTREE =
  'https://github.com/braintree/credit-card-type/blob/0bac61c069d498f9867278ee80f23ca20222af8f/src/lib/card-types.ts';
const PERSIAN_TOOLS =
  'https://github.com/persian-tools/persian-tools/blob/358f2a33d7bbad70b9c4be983100615253fc96e1/src/modules/getBankNameFromCardNumber/banksCode.skip.ts';
/**
 * The first digit 9 is for national use, and the ISO 3166-1 numeric code of the country follows.
 */
const ISO_7812 = 'ISO/IEC 7812-1, major industry identifier 9; ISO 3166-1 numeric';

const FROM_13 = [13, 14, 15, 16, 17, 18, 19];
const FROM_14 = [14, 15, 16, 17, 18, 19];
const FROM_16 = [16, 17, 18, 19];
/** The first version of the reference format that uses this table. */
const TABLE = 2;

const ranges = (network: string, prefixes: string, lengths: readonly number[], source: string): CardNetworkRange[] =>
  prefixes.split(' ').map((prefix) => {
    const [from = '', to = from] = prefix.split('-');
    return { network, from, to, lengths, since: TABLE, source };
  });

/**
 * The ranges of all card networks. The reference format, the accepted lengths of card numbers, the
 * redaction of log lines and CloudWatch's masks are all derived from this table.
 *
 * A new range needs a new version in `reference-format.ts`, and that version in `since`, because
 * existing references were checked against an earlier version. Maestro also issues 12 digits:
 * numbers below 13 digits are neither accepted nor searched for.
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

/** The lengths of card numbers of all networks. */
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
 * The lengths of the network of these digits, or `null` for an unknown network. The longest prefix
 * decides: 508 is RuPay with 16 digits, although 50 is Maestro with 13 to 19 digits.
 */
export function lengthsOfNetwork(digits: string): readonly number[] | null {
  const found = rangesOf(digits);
  if (found.length === 0) return null;
  const mostSpecific = Math.max(...found.map(({ from }) => from.length));
  return found.filter(({ from }) => from.length === mostSpecific).flatMap(({ lengths }) => lengths);
}

/** Whether these digits have a valid check digit, and the range and length of a network. */
export const couldBeCardNumber = (digits: string): boolean =>
  digits.length >= CARD_NUMBER_DIGITS.fewest &&
  digits.length <= CARD_NUMBER_DIGITS.most &&
  passesLuhn(digits) &&
  rangesOf(digits).some(({ lengths }) => lengths.includes(digits.length));

/**
 * Whether a text of TOME could be or contain a card number of any network, so that it must not be
 * stored. The check digit decides about a text of 13 to 19 digits. A text with other characters
 * between 13 or more digits always counts.
 */
export function mayContainCardNumber(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]/g, '');
  if (digits.length < CARD_NUMBER_DIGITS.fewest) return false;
  return digits.length !== text.length || digits.length > CARD_NUMBER_DIGITS.most || passesLuhn(digits);
}
