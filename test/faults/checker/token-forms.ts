import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { CheckedForms, Evidence, StoredPair } from './evidence.ts';

type Form = TomeProfile['namespaces']['ns1']['token'];

/**
 * I17: no card number is a half of its own pair or the reference of its own answer, and no internal
 * token that the database knows is a reference.
 */
export function equalTexts({ pairs, unpairedTokens, tome, answers }: Evidence): string[] {
  const pairOf = new Map(pairs.map((pair) => [pair.internalToken, pair]));
  const internalTokens = new Set([
    ...pairOf.keys(),
    // A text that NS1 issued in no form of an internal token is none.
    ...unpairedTokens
      .filter(({ namespace, because }) => namespace === 'ns1' && because !== 'token-format')
      .map(({ token }) => token),
  ]);
  return [
    ...pairs
      .filter(({ internalToken, cardReference }) => internalToken === cardReference)
      .map(({ pairId }) => `pair ${pairId} has two equal halves`),
    ...pairs
      .filter(({ cardReference }) => internalTokens.has(cardReference))
      .map(({ pairId }) => `the reference of pair ${pairId} is an internal token`),
    ...[...tome.ns1].flatMap(([card, token]) => {
      const pair = pairOf.get(token);
      return pair !== undefined && [pair.internalToken, pair.cardReference].includes(card)
        ? [`pair ${pair.pairId} contains the number of its card`]
        : [];
    }),
    ...answers
      .filter(({ status, card, reference }) => status < 300 && card !== undefined && card === reference)
      .map(({ operation }) => `an answer to ${operation} has one text as card number and as reference`),
    ...answers
      .filter(({ status, reference = '' }) => status < 300 && internalTokens.has(reference))
      .map(({ operation }) => `an answer to ${operation} has an internal token as reference`),
  ];
}

/**
 * I18: each pair has the forms of one of the profiles that the database has had. A pair of the pool
 * has a reference that the pool may take. Another pair may have any reference of 16 digits, but a
 * reference that the pool would not take only if NS2 has bound exactly this pair.
 */
export function wrongForms({ pairs, tome, forms }: Evidence): string[] {
  return pairs.flatMap((pair) => {
    const faults = forms.map((checked) => faultOf(pair, checked, tome.ns2.get(pair.internalToken)));
    return faults.includes(null) ? [] : faults.slice(0, 1).map((fault) => `pair ${pair.pairId} ${fault}`);
  });
}

function faultOf(
  { internalToken, cardReference, origin }: StoredPair,
  { profile, referenceFormat }: CheckedForms,
  boundReference: string | undefined,
): string | null {
  const { ns1, ns2 } = profile.namespaces;
  if (!hasForm(internalToken, ns1.token)) return 'has an internal token of another form than the profile';
  if (!/^\d{16}$/.test(cardReference)) return 'has a reference that is not 16 digits';
  if (profile.toldApart === 'by-form' && hasForm(cardReference, ns1.token)) {
    return 'has a reference with the form of an internal token';
  }
  const isOdd =
    startsWithin(cardReference, ns2.token) || (referenceFormat === 'card-networks' && CARD_STARTS.test(cardReference));
  if (!isOdd) return null;
  if (origin === 'prefetch') return 'came through the pool, which may not take its reference';
  return boundReference === cardReference ? null : 'has a reference of no form of the pool, and NS2 has not bound it';
}

/**
 * Leading digits of card numbers. Written by hand: the product makes its expression from a table of
 * card networks, and both must not have the same mistake.
 */
const CARD_STARTS =
  /^([034567]|1(70019|800|946)|2(07177|131|20[0-5]|22[1-9]|2[3-9]|[3-6]|7[01]|720|86900)|8([12]|600)|9(03769|051|112|417|682|704|762|792|860|891|91975))/;

const hasForm = (text: string, form: Form): boolean =>
  text.length >= form.shortest &&
  text.length <= form.longest &&
  (form.alphabet === 'digits' ? /^\d+$/ : /^[\w-]+$/).test(text) &&
  !startsWithin(text, form) &&
  (form.checkDigit === 'any' || isCheckDigitValid(text) === (form.checkDigit === 'must-pass'));

const startsWithin = (text: string, { forbiddenStarts }: Form): boolean =>
  forbiddenStarts.some(({ from, to }) => {
    const start = Number(text.slice(0, from.length));
    return start >= Number(from) && start <= Number(to);
  });

const isCheckDigitValid = (digits: string): boolean =>
  Array.from(digits)
    .toReversed()
    .map((digit, place) => Number(digit) * (place % 2 === 0 ? 1 : 2))
    .reduce((sum, value) => sum + Math.floor(value / 10) + (value % 10), 0) %
    10 ===
  0;
