import { randomUUID } from 'node:crypto';
import type { ApiAnswer, Sender } from '../performance/load/sender.ts';

/** The API refused the request, or could not be reached. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Returns the reference of a card. Creates it if the card has none. */
export async function tokenize(sender: Sender, cardNumber: string): Promise<string> {
  const answer = await sender.send({
    method: 'POST',
    path: '/v1/cards',
    body: { cardNumber },
    headers: { 'idempotency-key': randomUUID() },
  });
  const reference = textOf(answer, 'cardReferenceId');
  return answer.status === 201 ? reference : `${reference} (it had this one already)`;
}

export async function lookup(sender: Sender, cardNumber: string): Promise<string> {
  return textOf(
    await sender.send({ method: 'POST', path: '/v1/cards/lookup', body: { cardNumber } }),
    'cardReferenceId',
  );
}

/**
 * Returns the card number. Only the first six and last four digits are shown, unless `isRevealed`.
 */
export async function detokenize(sender: Sender, cardReferenceId: string, isRevealed: boolean): Promise<string> {
  const answer = await sender.send({ method: 'POST', path: '/v1/references/detokenize', body: { cardReferenceId } });
  const cardNumber = textOf(answer, 'cardNumber');
  if (isRevealed) return cardNumber;
  return `${cardNumber.slice(0, 6)}${'*'.repeat(Math.max(0, cardNumber.length - 10))}${cardNumber.slice(-4)}`;
}

/** Returns the level of the pool, one figure on each line. */
export async function pool(sender: Sender): Promise<string> {
  const answer = await sender.send({ method: 'GET', path: '/v1/pool' });
  if (answer.error !== null) throw failure(answer);
  return Object.entries(answer.body)
    .map(([name, value]) => `${name.padEnd(22)} ${typeof value === 'number' ? value : '-'}`)
    .join('\n');
}

function textOf(answer: ApiAnswer, field: string): string {
  const value = answer.body[field];
  if (answer.error !== null || typeof value !== 'string') throw failure(answer);
  return value;
}

function failure({ status, error, body }: ApiAnswer): CommandFailed {
  const { detail, correlationId } = body;
  const words = [status === 0 ? '' : String(status), error ?? 'unexpected answer', detail, correlationId];
  return new CommandFailed(words.filter((word) => typeof word === 'string' && word !== '').join('; '));
}
