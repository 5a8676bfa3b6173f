import type { Evidence } from './evidence.ts';

/**
 * I11: no card number is outside TOME, and no internal token outside the database and TOME. An
 * internal token that was issued and never bound is no less secret, because it can be bound later.
 */
export function leakedTexts({ tome, tables, output, events, disclosures, answers }: Evidence): string[] {
  const outside = `${output}\n${JSON.stringify([events, disclosures])}`;
  const errors = answers.map(({ text = '' }) => text).join('\n');
  const references = new Set(answers.map(({ reference }) => reference));
  const written = new Set(`${outside}\n${errors}`.match(/[A-Za-z0-9_-]{8,}/g));
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
