import { couldBeCardNumber } from '../../tokenization/model/card-networks.ts';
import { CARD_NUMBER_PLACEHOLDER } from '../../tokenization/model/card-number.ts';
import { type DigitGroup, digitGroups } from './digit-groups.ts';

/** The longest card number, and the digits that may stand directly behind one: a security code, an expiry date or both. */
const MOST_DIGITS = 19;
const FEWEST_DIGITS = 13;
const MOST_DIGITS_BEHIND = 8;
const FEWEST_DIGITS_BEHIND = 3;

/** Only these first digits are looked at with digits behind the number: times, counters and references start with 1, 2, 8 or 9. */
const BANK_CARD = /^[3-6]/;

/**
 * The text with every run of digits that could be a card number replaced: 13 to 19 digits that start as a network's
 * cards do, have a length of that network and a right check digit (`card-networks.ts`). The rule, exactly:
 *
 * - Digits that touch form a group. A run is a group, or groups that follow each other.
 * - Any groups form a run when at most three characters stand between them and none is a letter: spaces,
 *   hyphens, dots, slashes, underscores, percent-encoded characters. A UUID's parts are such groups.
 * - When letters or up to eight characters stand between groups, these must have four to eight digits
 *   each, and the last three or more, as in `4111a1111b1111c1111`. Letters inside a UUID, a trace id or
 *   a hash never join groups: they are its own hexadecimal digits.
 * - A number at the start of a longer group counts with 3 to 8 digits behind it (a security code, an
 *   expiry date), and with zeros before it (a field of fixed width). So does one that fills a UUID with
 *   zeros before or behind it.
 * - References that the current format allows, times, AWS regions and account numbers in ARNs and
 *   queue URLs are never part of a run.
 *
 * Not found: numbers in base64, in hexadecimal or reversed, numbers cut at other places than the above
 * or spread over several values, and numbers of networks that the table does not know.
 */
export function redactCardNumbers(text: string): string {
  const hits = cardNumbersIn(text);
  if (hits.length === 0) return text;
  let redacted = '';
  let end = 0;
  for (const hit of hits) {
    redacted += text.slice(end, hit.start) + CARD_NUMBER_PLACEHOLDER;
    end = hit.end;
  }
  return redacted + text.slice(end);
}

export const holdsCardNumber = (text: string): boolean => cardNumbersIn(text).length > 0;

interface Span {
  readonly start: number;
  readonly end: number;
}

function cardNumbersIn(text: string): readonly Span[] {
  if (text.length < FEWEST_DIGITS || !mayHoldThirteenDigits(text) || isOrdinaryUuid(text)) return [];
  const groups = digitGroups(text);
  const hits = groups.flatMap((group, first) => {
    const last = groups[lastOfCardNumberAt(groups, first) ?? -1];
    return last === undefined ? [] : [{ start: group.start, end: last.end }];
  });
  return merged([...hits, ...paddedNumbersIn(text)]);
}

/** UUIDs without letters, in which a number was filled up with zeros before or behind it, so that its groups are not the UUID's. */
const paddedNumbersIn = (text: string): readonly Span[] =>
  Array.from(text.matchAll(/(?<!\d)\d{8}(?:-\d{4}){3}-\d{12}(?!\d)/g))
    .filter(([uuid]) => startsWithCardNumber(uuid.replaceAll('-', '').replace(/^0+/, '')))
    .map(({ 0: { length }, index }) => ({ start: index, end: index + length }));

function startsWithCardNumber(digits: string): boolean {
  for (let length = FEWEST_DIGITS; length <= MOST_DIGITS; length += 1) {
    if (couldBeCardNumber(digits.slice(0, length))) return true;
  }
  return false;
}

/** The index of the last group of the longest card number that starts with this group, or `null`. */
function lastOfCardNumberAt(groups: readonly DigitGroup[], first: number): number | null {
  let digits = '';
  let isLoose = false;
  let found: number | null = null;
  for (let index = first; index < groups.length; index += 1) {
    const group = groups[index];
    if (group === undefined) break;
    if (index > first) {
      isLoose ||= group.join === 'loose';
      if (group.join === 'none') break;
    }
    const ahead = digits.length;
    digits += group.digits;
    const isFound = couldBeCardNumber(digits) || (!group.isHexadecimal && hasDigitsAround(digits, ahead));
    if (isFound && (!isLoose || areGroupsOfCard(groups.slice(first, index + 1)))) found = index;
    if (digits.length >= MOST_DIGITS) break;
  }
  return found;
}

/** Groups as they stand on cards. Letters join no others: words and ids have short and long rows of digits between letters. */
const areGroupsOfCard = (groups: readonly DigitGroup[]): boolean =>
  (groups.at(-1)?.digits.length ?? 0) >= 3 &&
  groups.slice(0, -1).every(({ digits }) => digits.length >= 4 && digits.length <= 8);

/**
 * Whether the digits are a card number with zeros before it or other digits behind it, in the last group, which begins
 * at `ahead`. In a run of several groups a security code may be glued to the last, and no more.
 */
function hasDigitsAround(digits: string, ahead: number): boolean {
  const number = ahead === 0 ? digits.replace(/^0+/, '') : digits;
  if (couldBeCardNumber(number)) return true;
  if (!BANK_CARD.test(number)) return false;
  const mostBehind = ahead === 0 ? MOST_DIGITS_BEHIND : 4;
  const shortest = ahead === 0 ? FEWEST_DIGITS : Math.max(FEWEST_DIGITS, ahead + 4);
  const longest = Math.min(MOST_DIGITS, number.length - FEWEST_DIGITS_BEHIND);
  for (let length = Math.max(shortest, number.length - mostBehind); length <= longest; length += 1) {
    if (couldBeCardNumber(number.slice(0, length))) return true;
  }
  return false;
}

/** The spans in order, as one where they overlap. */
function merged(spans: readonly Span[]): readonly Span[] {
  const apart: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.start - other.start)) {
    const last = apart.at(-1);
    if (last === undefined || span.start >= last.end) apart.push(span);
    else apart[apart.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
  }
  return apart;
}

/**
 * Whether the text is a UUID in which no row of parts without letters has thirteen digits, as in all but one of a thousand. Every
 * request is logged with some, so they are told without the whole search.
 */
const isOrdinaryUuid = (text: string): boolean =>
  /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) && !/^\d{8}-\d{4}-\d{4}-|-\d{4}-\d{12}$/.test(text);

/** A cheap look at every value that is logged: most have fewer than thirteen digits. */
function mayHoldThirteenDigits(text: string): boolean {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if ((code >= 48 && code <= 57) || code > 127) digits += 1;
    if (digits >= FEWEST_DIGITS) return true;
  }
  return false;
}
