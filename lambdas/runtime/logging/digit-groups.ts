import { couldBeCardNumber } from '../../tokenization/model/card-networks.ts';
import { findFormatFault } from '../../tokenization/model/reference-format.ts';

/** Consecutive digits in a text. */
export interface DigitGroup {
  /** As ASCII digits, converted from any script or escape. */
  readonly digits: string;
  readonly start: number;
  readonly end: number;
  /**
   * Whether the group can continue the previous one: `tight` without letters between them, `loose`
   * with letters.
   */
  readonly join: 'tight' | 'loose' | 'none';
  /**
   * Whether the digits belong to a UUID, a hash or a trace id, which contain long random digit
   * runs.
   */
  readonly isHexadecimal: boolean;
}

const TIGHT_CHARACTERS = 3;
const LOOSE_CHARACTERS = 8;

const REGION = '[a-z]{2}(?:-[a-z]+){1,2}-\\d';
const TIME_OF_DAY = '\\d{1,2}:?\\d{2}(?::?\\d{2}(?:[.,]\\d{1,9})?)?(?:Z|[+-]\\d{2}(?::?\\d{2})?)?';
const DAY = '(?:0?[1-9]|[12]\\d|3[01])';
/** Texts with digits that are certainly not a card number. */
const KNOWN = [
  // 2026-11-27T00:49:08.123Z, and the formats of PostgreSQL and common logs.
  `(?<!\\d-)(?:19[7-9]|20\\d)\\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])(?:[T _]${TIME_OF_DAY})?`,
  // 27/11/2026 00:49:08, with month and day in either order.
  `(?<!\\d[./])${DAY}[./]${DAY}[./](?:19[7-9]|20\\d)\\d(?:,? ${TIME_OF_DAY})?`,
  `arn:aws[a-z-]*:[a-z0-9-]*:(?:${REGION})?:\\d{12}`,
  `amazonaws\\.com(?:\\.cn)?/\\d{12}`,
  '\\d{12}/(?:role|user|federated-user|root)\\b',
  REGION,
].map((known) => `(?<![\\da-z])(?:${known})(?!\\d)`);

const ESCAPE = '%[0-9a-f]{2}|\\\\u[0-9a-f]{4}|\\\\x[0-9a-f]{2}|&#x?[0-9a-f]{1,6};|&[a-z]{2,8};';
const TOKEN = new RegExp(
  `(?<known>${KNOWN.join('|')})|(?:%|\\\\x|\\\\u00)3(?<escaped>\\d)|(?<escape>${ESCAPE})|(?<digits>\\p{Nd}+)`,
  'giu',
);
const ESCAPES = new RegExp(ESCAPE, 'gi');
/** Hexadecimal words, in which letters do not separate groups: UUIDs, trace ids, hashes. */
const HEXADECIMAL =
  /(?<![\da-z])(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|(?=\d*[a-f])(?:[\da-f]{24}|[\da-f]{32}|[\da-f]{40}|[\da-f]{64}))(?![\da-z])/gi;

interface Hexadecimal {
  readonly start: number;
  readonly end: number;
  readonly isUuid: boolean;
}

/** Returns the digit groups of a text in order, and how each can continue the previous one. */
export function digitGroups(text: string): readonly DigitGroup[] {
  const hexadecimals = Array.from(text.matchAll(HEXADECIMAL), ({ 0: { length }, 0: word, index }) => ({
    start: index,
    end: index + length,
    isUuid: word.includes('-'),
  }));
  const groups: DigitGroup[] = [];
  let isAfterKnown = true;
  for (const { 0: token, index, groups: named } of text.matchAll(TOKEN)) {
    const digits = named?.['digits'] ?? named?.['escaped'];
    const end = index + token.length;
    const last = groups.at(-1);
    const around = hexadecimals.find((word) => word.start <= index && end <= word.end);
    if (named?.['known'] !== undefined || isPartOfUuidPart(text, index, end, around)) isAfterKnown = true;
    else if (digits !== undefined && last?.end === index && !isAfterKnown) {
      groups[groups.length - 1] = { ...last, digits: last.digits + ascii(digits), end };
    } else if (digits !== undefined) {
      const join = isAfterKnown || last === undefined ? 'none' : joinOver(text.slice(last.end, index), around);
      groups.push({ digits: ascii(digits), start: index, end, join, isHexadecimal: around !== undefined });
      isAfterKnown = false;
    }
  }
  return groups.map((group, index) =>
    isReferenceOrTime(groups, index) || isReferenceOrTime(groups, index - 1) ? { ...group, join: 'none' } : group,
  );
}

/**
 * Whether the digits are in a part of a UUID together with letters. Then they are hexadecimal. A
 * part without letters can be a group of a card number.
 */
const isPartOfUuidPart = (text: string, start: number, end: number, around: Hexadecimal | undefined): boolean =>
  around?.isUuid === true &&
  /[a-f]/i.test(text.slice(Math.max(around.start, start - 1), Math.min(around.end, end + 1)));

function joinOver(gap: string, around: Hexadecimal | undefined): DigitGroup['join'] {
  const characters = gap.replaceAll(ESCAPES, ' ');
  const hasLetters = /\p{L}/u.test(characters);
  if (!hasLetters && characters.length <= TIGHT_CHARACTERS) return 'tight';
  return characters.length <= LOOSE_CHARACTERS && !(hasLetters && around !== undefined) ? 'loose' : 'none';
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, from 2001 to 2033. */
const EPOCH_TIME = /^1\d{9}(?:\d{3}){0,3}$/;

/**
 * Whether a group is a reference or a time, so that it is not joined with its neighbours. After the
 * six or eight digits of an issuer, digits that look like a time can be the rest of a card number.
 */
function isReferenceOrTime(groups: readonly DigitGroup[], index: number): boolean {
  const { digits, join } = groups[index] ?? { digits: '', join: 'none' };
  if (couldBeCardNumber(digits)) return false;
  if (findFormatFault(digits, 'any') === null) return true;
  const before = join === 'none' ? 0 : (groups[index - 1]?.digits.length ?? 0);
  return EPOCH_TIME.test(digits) && before !== 6 && before !== 8;
}

/** Converts decimal digits of any script to ASCII. Unicode orders the ten digits of a script. */
function ascii(digits: string): string {
  if (/^\d+$/.test(digits)) return digits;
  return Array.from(digits.normalize('NFKC'), (character) => {
    const code = character.codePointAt(0) ?? 0;
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
    return String(value);
  }).join('');
}
