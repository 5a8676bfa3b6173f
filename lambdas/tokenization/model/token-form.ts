import { CARD_NUMBER_DIGITS, startsBetween } from './card-networks.ts';
import { hasCheckDigit, type LuhnPolicy } from './luhn.ts';

/** Leading digits from `from` to `to`, both included and of equal length. */
export interface DigitRange {
  readonly from: string;
  readonly to: string;
}

/** `url-safe`: letters, digits, hyphen and underscore. */
export const ALPHABETS = ['digits', 'url-safe'] as const;

/** What the tokens of a namespace look like (docs/tome.md#token-forms). */
export interface TokenForm {
  readonly alphabet: (typeof ALPHABETS)[number];
  /** Characters, both included. */
  readonly shortest: number;
  readonly longest: number;
  /** No token starts with digits of one of these ranges. */
  readonly forbiddenStarts: readonly DigitRange[];
  /** Other than `any` only for digits. */
  readonly checkDigit: LuhnPolicy;
}

/**
 * How an internal token and a reference are told apart. `by-form`: no text has both forms, and no
 * internal token looks like a card number. `by-knowledge`: a text can have both forms, and only the
 * database, TOME and the type in the program say which one it is.
 */
export const TOLD_APART = ['by-form', 'by-knowledge'] as const;

/** The forms of both namespaces' tokens. */
export interface TokenForms {
  readonly internalToken: TokenForm;
  readonly reference: TokenForm;
  readonly toldApart: (typeof TOLD_APART)[number];
}

/** One character of each alphabet, as a pattern for JavaScript and PostgreSQL. */
export const CHARACTERS = { digits: '[0-9]', 'url-safe': '[A-Za-z0-9_-]' } as const;

/** The pattern of the form's alphabet and length. */
export const charactersOf = ({
  alphabet,
  shortest,
  longest,
}: Pick<TokenForm, 'alphabet' | 'shortest' | 'longest'>): string =>
  `^${CHARACTERS[alphabet]}{${shortest === longest ? shortest : `${shortest},${longest}`}}$`;

const compiled = new WeakMap<TokenForm, RegExp>();

function hasCharactersOf(text: string, form: TokenForm): boolean {
  const pattern = compiled.get(form) ?? new RegExp(charactersOf(form));
  compiled.set(form, pattern);
  return pattern.test(text);
}

/** The fewest and most characters of a token in every profile. */
export const TOKEN_LENGTHS = { shortest: 8, longest: 64 } as const;

/** Whether the text is a token of this form. */
export const hasForm = (text: string, form: TokenForm): boolean =>
  hasCharactersOf(text, form) &&
  !form.forbiddenStarts.some((range) => startsBetween(text, range)) &&
  hasCheckDigit(text, form.checkDigit);

/** Whether the form alone shows that a text is an internal token and not a reference. */
export const isInternalTokenByForm = (text: string, { internalToken, reference, toldApart }: TokenForms): boolean =>
  toldApart === 'by-form' && hasForm(text, internalToken) && !hasForm(text, reference);

/** Whether a text can have both forms. */
export const mayCoincide = (one: TokenForm, other: TokenForm): boolean =>
  one.shortest <= other.longest &&
  other.shortest <= one.longest &&
  !areContrary(one.checkDigit, other.checkDigit) &&
  !coverAllStarts([...one.forbiddenStarts, ...other.forbiddenStarts]);

/** No card number starts so (source-form.ts). */
const NO_CARD_START: DigitRange = { from: '0', to: '0' };

/**
 * Whether a text of this form can be a card number, of any network: requests may contain numbers of
 * networks that this project does not know.
 */
export const mayLookLikeCard = ({ shortest, longest, forbiddenStarts, checkDigit }: TokenForm): boolean =>
  checkDigit !== 'must-fail' &&
  shortest <= CARD_NUMBER_DIGITS.most &&
  longest >= CARD_NUMBER_DIGITS.fewest &&
  !coverAllStarts([...forbiddenStarts, NO_CARD_START]);

const areContrary = (one: LuhnPolicy, other: LuhnPolicy): boolean => one !== 'any' && other !== 'any' && one !== other;

/** The most digits of a range. */
const MOST_DIGITS = 8;

const first = (digits: string): number => Number(digits.padEnd(MOST_DIGITS, '0'));
const last = (digits: string): number => Number(digits.padEnd(MOST_DIGITS, '9'));

/** Whether every text of digits starts with one of the ranges. */
function coverAllStarts(ranges: readonly DigitRange[]): boolean {
  let covered = 0;
  for (const { from, to } of ranges.toSorted((one, other) => first(one.from) - first(other.from))) {
    if (first(from) > covered) return false;
    covered = Math.max(covered, last(to) + 1);
  }
  return covered >= 10 ** MOST_DIGITS;
}
