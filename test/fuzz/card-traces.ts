/** A number in groups of four. */
export const grouped = (number: string, separator: string): string => (number.match(/.{1,4}/g) ?? []).join(separator);

/**
 * Counts the card numbers in a text, with or without separators between their digits. Returns only
 * a count, because a report must not contain the numbers.
 */
export function countTraces(text: string, cards: ReadonlySet<string>): number {
  let found = 0;
  for (const plain of [text, text.replaceAll(/(?<=\d)[ ._:-](?=\d)/g, '')]) {
    for (const [run] of plain.matchAll(/\d{13,}/g)) if (hasCard(run, cards)) found += 1;
  }
  return found;
}

function hasCard(run: string, cards: ReadonlySet<string>): boolean {
  for (let start = 0; start + 13 <= run.length; start += 1) {
    for (let length = 13; length <= 19 && start + length <= run.length; length += 1) {
      if (cards.has(run.slice(start, start + length))) return true;
    }
  }
  return false;
}
