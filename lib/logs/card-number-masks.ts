import { CARD_NETWORK_RANGES } from '../../lambdas/tokenization/model/card-networks.ts';

/** CloudWatch's limits: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-custom-data-identifiers.html */
const MOST_MASKS = 10;
const MOST_CHARACTERS = 200;

/** What ends a number. CloudWatch's expressions have neither groups nor a look behind or ahead. A UUID's parts are none. */
const EDGE = '[^\\dA-Fa-f-]';
const BETWEEN = '[ ._/-]';

/** Four groups, as on most cards, or three, as on those of American Express and Diners Club. */
const IN_GROUPS = [
  `\\d{4}${BETWEEN}\\d{4}${BETWEEN}\\d{4}${BETWEEN}\\d{1,7}`,
  `3\\d{3}${BETWEEN}\\d{6}${BETWEEN}\\d{4,5}`,
];

/**
 * The expressions by which CloudWatch masks card numbers: every start and length in the table of networks, packed into as
 * few as its limits allow. They know no check digit. So beside card numbers they hit references of an old version of the
 * format whose ranges a network has got since; none of the current version.
 */
export const CARD_NUMBER_MASKS: readonly string[] = packed([...IN_GROUPS, ...wideMasks(), ...exactMasks()]);

/** No reference, time or id of ours starts with these digits, so a mask may be wider than what the networks issue there. */
function isFree(firstDigit: string): boolean {
  return '34567'.includes(firstDigit);
}

/** One mask for each first digit that is free: all lengths from the shortest to the longest. */
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
    startsBetween(from, to).flatMap(({ text, open }) =>
      rowsOf(lengths).map(([fewest, most]) => text + digits(open + fewest - from.length, open + most - from.length)),
    ),
  );
  return [...new Set(masks)];
}

function digits(fewest: number, most: number): string {
  return fewest === most ? `\\d{${fewest}}` : `\\d{${fewest},${most}}`;
}

/** The starts from `from` to `to` as expressions: some digits or ranges of one digit, and how many digits after them are open. */
function startsBetween(from: string, to: string): readonly { readonly text: string; readonly open: number }[] {
  if (from === to) return [{ text: from, open: 0 }];
  const low = Number(from[0]);
  const high = Number(to[0]);
  const open = from.length - 1;
  const within = (digit: number, start: string, end: string) =>
    startsBetween(start, end).map((rest) => ({ ...rest, text: `${digit}${rest.text}` }));
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

/** 16, 18, 19 as 16 to 16 and 18 to 19. */
function rowsOf(lengths: readonly number[]): readonly (readonly [number, number])[] {
  const rows: [number, number][] = [];
  for (const length of [...lengths].sort((one, other) => one - other)) {
    const last = rows.at(-1);
    if (last !== undefined && last[1] === length - 1) last[1] = length;
    else rows.push([length, length]);
  }
  return rows;
}

/** Throws when the table has outgrown what CloudWatch takes; then masks have to become wider where nothing of ours starts. */
function packed(expressions: readonly string[]): readonly string[] {
  const masks: string[] = [];
  for (const expression of expressions) {
    const alternative = `${EDGE}${expression}${EDGE}`;
    const together = [masks.at(-1), alternative].filter((part) => part !== undefined).join('|');
    if (masks.length > 0 && together.length <= MOST_CHARACTERS) masks[masks.length - 1] = together;
    else masks.push(alternative);
  }
  if (masks.length > MOST_MASKS)
    throw new Error(`CloudWatch takes ${MOST_MASKS} masks, and these are ${masks.length}.`);
  return masks;
}
