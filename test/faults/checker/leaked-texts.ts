import type { Evidence } from './evidence.ts';

/**
 * I11: no card number is outside TOME, and no internal token outside the database and TOME. An
 * internal token that was issued and never bound is no less secret, because it can be bound later.
 */
export function leakedTexts({ tome, tables, output, events, disclosures, answers }: Evidence): string[] {
  const outside = `${output}\n${JSON.stringify([events, disclosures])}`;
  const errors = answers.map(({ text = '' }) => text).join('\n');
  const references = new Set(answers.map(({ reference }) => reference));
  const written = tokensIn(`${outside}\n${errors}`, new Set(tome.issued.ns1));
  return [
    ...[...tome.ns1].flatMap(([card, token]) => [
      ...(tables.includes(card) || tables.includes(Buffer.from(card).toString('hex'))
        ? ['a card number is in the database']
        : []),
      ...(outside.includes(card) ? ['a card number is in a log, a metric, a file or an event'] : []),
      ...(errors.includes(card) ? ['a card number is in an answer that is an error'] : []),
      ...(outside.includes(token) ? ['an internal token is in a log, a metric, a file or an event'] : []),
      ...(errors.includes(token) ? ['an internal token is in an answer that is an error'] : []),
    ]),
    ...tome.issued.ns1.flatMap((token) => [
      ...(written.has(token) ? ['an issued internal token is in a log, a file, an event or an error'] : []),
      ...(references.has(token) ? ['an internal token was answered as a reference'] : []),
    ]),
  ];
}

/**
 * The tokens that a text contains. Tokens of digits count where no other digit is beside them,
 * because times and counters can contain the same digits; others also inside a word. One pass for
 * all tokens: a trial issues tens of thousands of them, and its log is long.
 */
function tokensIn(text: string, tokens: ReadonlySet<string>): ReadonlySet<string> {
  const numbers = new Set(text.match(/[0-9]+/g));
  const found = new Set([...tokens].filter((token) => numbers.has(token)));
  const lengths = new Set([...tokens].flatMap((token) => (/[^0-9]/.test(token) ? [token.length] : [])));
  for (const word of new Set(text.match(/[A-Za-z0-9_-]+/g))) {
    for (const length of lengths) {
      for (let start = 0; start + length <= word.length; start += 1) {
        const part = word.slice(start, start + length);
        if (tokens.has(part) && /[^0-9]/.test(part)) found.add(part);
      }
    }
  }
  return found;
}
