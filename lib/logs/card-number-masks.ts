import { CARD_NETWORK_RANGES } from '../../lambdas/tokenization/model/card-networks.ts';

/**
 * Limits of CloudWatch for one policy and for one expression:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-custom-data-identifiers.html
 */
const MAX_MASKS = 10;
const MAX_CHARACTERS = 200;

/**
 * The character before and after a number. CloudWatch's expressions have no groups, lookbehind or
 * lookahead. Hexadecimal digits and hyphens are excluded, so that parts of a UUID do not match.
 */
const EDGE = '[^\\dA-Fa-f-]';
const SEPARATOR = '[ ._/-]';

/** Four groups, as on most cards, or three, as on American Express and Diners Club cards. */
const IN_GROUPS = [
  `\\d{4}${SEPARATOR}\\d{4}${SEPARATOR}\\d{4}${SEPARATOR}\\d{1,7}`,
  `3\\d{3}${SEPARATOR}\\d{6}${SEPARATOR}\\d{4,5}`,
];

/**
 * The expressions with which CloudWatch masks card numbers. They cover every prefix and length in
 * CARD_NETWORK_RANGES, combined into as few expressions as possible. An expression cannot compute
 * a check digit. So it also matches references of an older version of the format whose range was
 * later assigned to a network. References of the current version never match
 * (docs/design.md#reference-format).
 */
export const CARD_NUMBER_MASKS: readonly string[] = packed([...IN_GROUPS, ...wideMasks(), ...exactMasks()]);

/**
 * Whether no reference, timestamp or id of this product starts with this digit. There, a mask may
 * be wider than the ranges that the networks issue.
 */
function isFree(firstDigit: string): boolean {
  return '34567'.includes(firstDigit);
}

/** One mask for each free first digit, from the shortest to the longest length. */
function wideMasks(): readonly string[] {
  const lengthsByDigit = new Map<string, number[]>();
  for (const { from, to, lengths } of CARD_NETWORK_RANGES) {
    for (let digit = Number(from[0]); digit <= Number(to[0]); digit += 1) {
      const known = lengthsByDigit.get(String(digit)) ?? [];
      if (isFree(String(digit))) lengthsByDigit.set(String(digit), [...known, ...lengths]);
    }
  }
  return [...lengthsByDigit].map(
    ([digit, lengths]) => digit + digits(Math.min(...lengths) - 1, Math.max(...lengths) - 1),
  );
}

function exactMasks(): readonly string[] {
  const masks = CARD_NETWORK_RANGES.filter(({ from }) => !isFree(from[0] ?? '')).flatMap(({ from, to, lengths }) =>
    prefixesBetween(from, to).flatMap(({ text, open }) =>
      rangesOf(lengths).map(([fewest, most]) => text + digits(open + fewest - from.length, open + most - from.length)),
    ),
  );
  return [...new Set(masks)];
}

function digits(fewest: number, most: number): string {
  return fewest === most ? `\\d{${fewest}}` : `\\d{${fewest},${most}}`;
}

/**
 * The prefixes from `from` to `to` as expressions. `text` is digits or a range of one digit; `open`
 * is how many arbitrary digits of the prefix follow.
 */
function prefixesBetween(from: string, to: string): readonly { readonly text: string; readonly open: number }[] {
  if (from === to) return [{ text: from, open: 0 }];
  const low = Number(from[0]);
  const high = Number(to[0]);
  const open = from.length - 1;
  const within = (digit: number, start: string, end: string) =>
    prefixesBetween(start, end).map((rest) => ({ ...rest, text: `${digit}${rest.text}` }));
  if (low === high) return within(low, from.slice(1), to.slice(1));
  const nines = '9'.repeat(open);
  const zeros = '0'.repeat(open);
  const lowest = from.slice(1) === zeros ? low : low + 1;
  const highest = to.slice(1) === nines ? high : high - 1;
  return [
    ...(lowest > low ? within(low, from.slice(1), nines) : []),
    ...(lowest > highest ? [] : [{ text: lowest === highest ? `${lowest}` : `[${lowest}-${highest}]`, open }]),
    ...(highest < high ? within(high, zeros, to.slice(1)) : []),
  ];
}

/** Consecutive lengths as ranges: 16, 18, 19 become [16, 16] and [18, 19]. */
function rangesOf(lengths: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const length of [...lengths].sort((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === length - 1) last[1] = length;
    else ranges.push([length, length]);
  }
  return ranges;
}

/**
 * Combines expressions up to CloudWatch's limits. Throws when there are too many: then add a free
 * first digit to `isFree` or widen the masks.
 */
function packed(expressions: readonly string[]): readonly string[] {
  const masks: string[] = [];
  for (const expression of expressions) {
    const alternative = `${EDGE}${expression}${EDGE}`;
    const together = [masks.at(-1), alternative].filter((part) => part !== undefined).join('|');
    if (masks.length > 0 && together.length <= MAX_CHARACTERS) masks[masks.length - 1] = together;
    else masks.push(alternative);
  }
  if (masks.length > MAX_MASKS)
    throw new Error(`There are ${masks.length} masks for card numbers; CloudWatch accepts ${MAX_MASKS}.`);
  return masks;
}
