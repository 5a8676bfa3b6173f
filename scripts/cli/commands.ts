import { randomUUID } from 'node:crypto';
import { VOCABULARIES, type Vocabulary } from '../../lambdas/vocabulary.ts';
import type { ApiAnswer, Sender } from '../performance/load/sender.ts';

/** The API refused the request, or could not be reached. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Returns the reference of a card or account. Creates it if there is none. */
export async function tokenize(sender: Sender, number: string, { items, fields }: Vocabulary): Promise<string> {
  const answer = await sender.send({
    method: 'POST',
    path: `/v1/${items}`,
    body: { [fields.source.name]: number },
    headers: { 'idempotency-key': randomUUID() },
  });
  const reference = textOf(answer, fields.reference.name);
  return answer.status === 201 ? reference : `${reference} (it had this one already)`;
}

export async function lookup(sender: Sender, number: string, { items, fields }: Vocabulary): Promise<string> {
  return textOf(
    await sender.send({ method: 'POST', path: `/v1/${items}/lookup`, body: { [fields.source.name]: number } }),
    fields.reference.name,
  );
}

/** Returns the card number or account number, masked unless `isRevealed`. */
export async function detokenize(
  sender: Sender,
  reference: string,
  isRevealed: boolean,
  vocabulary: Vocabulary,
): Promise<string> {
  const { fields } = vocabulary;
  const body = { [fields.reference.name]: reference };
  const answer = await sender.send({ method: 'POST', path: '/v1/references/detokenize', body });
  const number = textOf(answer, fields.source.name);
  if (isRevealed) return number;
  // The first six digits of a card number name its issuer. Those of an account number are secret.
  const shown = vocabulary === VOCABULARIES.card ? number.slice(0, 6) : '';
  const last = number.slice(-4);
  return `${shown}${'*'.repeat(Math.max(0, number.length - shown.length - last.length))}${last}`;
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
