import { couldBeCardNumber } from '../../tokenization/model/card-networks.ts';
import { CARD_NUMBER_PLACEHOLDER } from '../../tokenization/model/card-number.ts';
import { type DigitGroup, digitGroups } from './digit-groups.ts';
import { areMasked, fewestMaskedDigits, MASKED_DIGITS_PLACEHOLDER } from './masked-digits.ts';

/**
 * Lengths of a card number, and of the digits that can follow it directly: a security code, an
 * expiry date or both.
 */
const MOST_DIGITS = 19;
const FEWEST_DIGITS = 13;
const MOST_DIGITS_BEHIND = 8;
const FEWEST_DIGITS_BEHIND = 3;

/**
 * First digits for which following digits are considered. Times, counters and references start with
 * 1, 2, 8 or 9.
 */
const BANK_CARD = /^[3-6]/;

/**
 * Replaces every digit sequence that could be a card number: 13 to 19 digits with the prefix and
 * length of a card network and a correct check digit (`card-networks.ts`). The exact rule:
 *
 * - Consecutive digits are a group. A candidate is one group or several consecutive groups.
 * - Groups are joined when at most three characters are between them and none is a letter: spaces,
 *   hyphens, dots, slashes, underscores, percent-encoded characters. Parts of a UUID are such
 *   groups.
 * - With letters or up to eight characters between them, groups are joined only if they have four
 *   to eight digits each and the last has at least three, as in `4111a1111b1111c1111`. Letters
 *   inside a UUID, a trace id or a hash never join groups, because they are hexadecimal digits.
 * - A number at the start of a longer group is found with 3 to 8 digits after it (a security code,
 *   an expiry date), and with zeros before it (a field of fixed width). So is a number that is
 *   padded with zeros to the length of a UUID.
 * - References of the current format, times, AWS regions, and account ids in ARNs and queue URLs
 *   are never part of a candidate.
 *
 * Also replaces each group that is a number of a masked form (`masked-digits.ts`), whatever else it
 * could be: internal tokens of 16 digits cannot be told from references or times. Groups are not
 * joined for this, and digits of a UUID, a trace id or a hash are no group.
 *
 * Not found: numbers in base64, in hexadecimal or reversed, numbers split at other positions or
 * over several values, and numbers of networks that are not in the table.
 */
export const redactCardNumbers = (text: string): string => replaced(text, hitsIn(text));

/**
 * Replaces card numbers, and no number of a masked form. For texts in which a masked form would
 * hide what a reader needs: names of roles contain eight digits in a row by chance.
 */
export const redactOnlyCardNumbers = (text: string): string =>
  replaced(text, mayHoldDigits(text, FEWEST_DIGITS) ? cardHitsIn(text, digitGroups(text)) : []);

function replaced(text: string, hits: readonly Hit[]): string {
  if (hits.length === 0) return text;
  let redacted = '';
  let end = 0;
  for (const hit of hits) {
    redacted += text.slice(end, hit.start) + hit.placeholder;
    end = hit.end;
  }
  return redacted + text.slice(end);
}

/** Whether a text contains what `redactCardNumbers` replaces. */
export const holdsCardNumber = (text: string): boolean => hitsIn(text).length > 0;

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Hit extends Span {
  readonly placeholder: string;
}

/** What must be replaced, in order. A group that could be both is a card number. */
function hitsIn(text: string): readonly Hit[] {
  if (!mayHoldDigits(text, Math.min(FEWEST_DIGITS, fewestMaskedDigits())) || isOrdinaryUuid(text)) return [];
  const groups = digitGroups(text);
  const cards = cardHitsIn(text, groups);
  const others = groups
    .filter(({ digits, isHexadecimal }) => !isHexadecimal && areMasked(digits))
    .filter(({ start }) => !cards.some((card) => card.start <= start && start < card.end))
    .map(({ start, end }) => ({ start, end, placeholder: MASKED_DIGITS_PLACEHOLDER }));
  return [...cards, ...others].toSorted((one, other) => one.start - other.start);
}

const cardHitsIn = (text: string, groups: readonly DigitGroup[]): readonly Hit[] =>
  cardNumbersIn(text, groups).map((span) => ({ ...span, placeholder: CARD_NUMBER_PLACEHOLDER }));

function cardNumbersIn(text: string, groups: readonly DigitGroup[]): readonly Span[] {
  const hits = groups.flatMap((group, first) => {
    const last = groups[lastOfCardNumberAt(groups, first) ?? -1];
    return last === undefined ? [] : [{ start: group.start, end: last.end }];
  });
  return merged([...hits, ...paddedNumbersIn(text)]);
}

/** UUIDs without letters that are a number padded with zeros before or after it. */
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

/** The index of the last group of the longest card number that starts at this group, or `null`. */
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

/**
 * Whether the groups have sizes as printed on cards. With letters between groups no other sizes
 * count, because words and ids also contain digits between letters.
 */
const areGroupsOfCard = (groups: readonly DigitGroup[]): boolean =>
  (groups.at(-1)?.digits.length ?? 0) >= 3 &&
  groups.slice(0, -1).every(({ digits }) => digits.length >= 4 && digits.length <= 8);

/**
 * Whether the digits are a card number with zeros before it or other digits after it. The last
 * group starts at `ahead`. In a candidate of several groups only a security code may follow.
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

/** The spans in order; overlapping spans are merged. */
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
 * Whether the text is a UUID without thirteen digits in consecutive parts without letters; 999 of
 * 1,000 UUIDs are. Every log line of a request contains UUIDs, so this check avoids the complete
 * search.
 */
const isOrdinaryUuid = (text: string): boolean =>
  /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) && !/^\d{8}-\d{4}-\d{4}-|-\d{4}-\d{12}$/.test(text);

/** A cheap first check for every logged value: most have fewer digits than a card number. */
function mayHoldDigits(text: string, fewest: number): boolean {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if ((code >= 48 && code <= 57) || code > 127) digits += 1;
    if (digits >= fewest) return true;
  }
  return false;
}
