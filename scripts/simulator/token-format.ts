import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';

type Random = () => number;

/** What the tokens of a namespace look like. */
export type TokenForm = TomeProfile['namespaces']['ns1']['token'];

/**
 * What NS2's references look like, beside the profile's form: as the product wants them; the same
 * with any check digit; without the first digits 0, 3, 4, 5 and 7 only; or any digits at all, also
 * against the form.
 */
export const REFERENCE_STYLES = ['agreed', 'any-luhn', 'first-digit', 'unrestricted'] as const;
export type ReferenceStyle = (typeof REFERENCE_STYLES)[number];

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const TOKEN_START = 'it_';
/** The length of a token with letters, if the form allows it. */
const USUAL_LENGTH = 28;

/** A form that allows no token, or hardly any, would keep the simulator searching. */
const MOST_TRIES = 20_000;

/**
 * A random token of the form, and of the style unless it is `null`. The vault makes sure that it is
 * unique. Throws RangeError if the form allows hardly any token.
 */
export function randomToken(form: TokenForm, style: ReferenceStyle | null, random: Random): string {
  if (style === 'unrestricted') return randomText(form, random);
  let ofForm: string | undefined;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const token = randomText(form, random);
    if (!keepsRules(token, form)) continue;
    if (style === null || hasStyle(token, style, form)) return token;
    ofForm = token;
  }
  // No text has both, for example if the form has only first digits that the product does not take.
  if (ofForm !== undefined) return ofForm;
  throw new RangeError('The form of a namespace allows hardly any token.');
}

/** A text of the form's alphabet and length. */
function randomText({ alphabet, shortest, longest }: TokenForm, random: Random): string {
  if (alphabet === 'digits') {
    return digits(shortest === longest ? shortest : shortest + Math.floor(random() * (longest - shortest + 1)), random);
  }
  const length = Math.min(longest, Math.max(shortest, USUAL_LENGTH));
  const characters = Array.from(
    { length: length - TOKEN_START.length },
    () => LETTERS_AND_DIGITS[Math.floor(random() * 62)],
  );
  return TOKEN_START + characters.join('');
}

/**
 * Whether a text of the form's alphabet and length is a token. It is not the product's function: a
 * simulator that shared it could not show that the product checks every token.
 */
function keepsRules(text: string, { forbiddenStarts, checkDigit }: TokenForm): boolean {
  for (const { from, to } of forbiddenStarts) {
    const start = Number(text.slice(0, from.length));
    if (Number(from) <= start && start <= Number(to)) return false;
  }
  return checkDigit === 'any' || passesLuhn(text) === (checkDigit === 'must-pass');
}

function hasStyle(reference: string, style: ReferenceStyle, { checkDigit }: TokenForm): boolean {
  if (style === 'first-digit') return !/^[03457]/.test(reference);
  if (!/^[1289]/.test(reference) || AVOIDED_STARTS.test(reference)) return false;
  return style === 'any-luhn' || checkDigit !== 'any' || !passesLuhn(reference);
}

/**
 * The prefixes that TOME avoids among first digits 1, 2, 8 and 9. It is not the product's table,
 * for the same reason.
 */
const AVOIDED_STARTS =
  /^(1800|1946|170019|2131|220[0-5]|22[3-9]|222[1-9]|2[3-6]|27[01]|2720|207177|286900|81|82|8600|9051|9112|9417|9682|9704|9762|9792|9860|9891|903769|991975)/;

/** A made-up card number of 16 digits: first digit of Visa and a correct check digit. */
export function cardNumber(random: Random): string {
  for (;;) {
    const number = `4${digits(15, random)}`;
    if (passesLuhn(number)) return number;
  }
}

/**
 * A token that looks like a card number, or `null` if the form has hardly any. References look so
 * against their form.
 */
export function cardLikeToken(form: TokenForm, isReference: boolean, random: Random): string | null {
  if (form.alphabet !== 'digits' || form.shortest > CARD_DIGITS || form.longest < CARD_DIGITS) return null;
  for (let tries = 0; tries < CARD_TRIES; tries += 1) {
    const token = cardNumber(random);
    if (isReference || keepsRules(token, form)) return token;
  }
  return null;
}

const CARD_DIGITS = 16;
const CARD_TRIES = 100;

/**
 * A text that is not a token of the form. A reference is too long, because one that only has
 * another start or check digit can be read (`card-like` makes these). An internal token breaks one
 * of the form's rules.
 */
export function oddToken(form: TokenForm, isReference: boolean, random: Random): string {
  if (form.alphabet === 'url-safe') return `odd${form.shortest > ODD_LENGTH ? '_' : '.'}${digits(8, random)}`;
  const rules = isReference ? [] : brokenRules(form);
  const broken = rules.length === 0 ? undefined : rules[Math.floor(random() * (rules.length + 1))];
  return broken?.(random) ?? `9${digits(form.longest, random)}`;
}

/** The length of `odd_` and eight digits. */
const ODD_LENGTH = 12;

type MakeOdd = (random: Random) => string;

/** Makes texts of the alphabet and length that break one other rule of the form. */
function brokenRules(form: TokenForm): readonly MakeOdd[] {
  const text = (start: string, random: Random): string => start + digits(form.shortest - start.length, random);
  const [forbidden] = form.forbiddenStarts;
  const makeWrongCheckDigit: MakeOdd = (random) => {
    for (;;) {
      const odd = text('', random);
      if (passesLuhn(odd) !== (form.checkDigit === 'must-pass')) return odd;
    }
  };
  return [
    ...(forbidden === undefined ? [] : [(random: Random) => text(forbidden.from, random)]),
    ...(form.checkDigit === 'any' ? [] : [makeWrongCheckDigit]),
  ];
}

/** A card number as another producer can have stored it, and that the product does not accept. */
export const oddCardNumber = (random: Random): string => digits(12, random);

const digits = (count: number, random: Random): string =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join('');

function passesLuhn(text: string): boolean {
  let sum = 0;
  for (const [index, character] of text.split('').reverse().entries()) {
    const value = Number(character) * (index % 2 === 0 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}
