import { madeUpCard } from '../../local/made-up-cards.ts';
import type { Finding } from './finding.ts';
import type { TomeCalls } from './tome-calls.ts';

/** Three of NS1's unassigned tokens. */
export type Tokens = readonly [first: string, second: string, third: string];

export interface BindingAnswers {
  readonly findings: readonly Finding[];
  /** The token that the first card is bound to now; `null` when NS1 bound none. */
  readonly bound: string | null;
}

/** Asks NS1 in seven calls how it binds made-up card numbers. */
export async function askBinding(
  tome: TomeCalls,
  [first, second, third]: Tokens,
  serial: number,
): Promise<BindingAnswers> {
  const card = madeUpCard(serial);
  const otherCard = madeUpCard(serial + 1);
  const bind = (source: string, token: string) => tome.call('ns1', 'tokenize', { source, token });
  const answerTo = async (source: string, token: string): Promise<string> => {
    const verdict = await bind(source, token);
    return verdict.status === 200
      ? `200 ${nameOf(verdict.answer.token)}`
      : `${verdict.status} ${verdict.refusal.error}`;
  };
  const nameOf = (token: string): string =>
    token === first ? 'first token' : token === second ? 'second token' : 'another token';

  const fresh = await bind(card, first);
  if (fresh.status !== 200 || fresh.answer.token !== first) {
    const answer = fresh.status === 200 ? 'another token' : `${fresh.status} ${fresh.refusal.error}`;
    return {
      findings: [{ question: 'does NS1 bind a new card to the token asked for', answer, isForbidding: true }],
      bound: null,
    };
  }
  const repeated = await answerTo(card, first);
  const otherToken = await answerTo(card, second);
  const found = await tome.call('ns1', 'lookup', { source: card });
  const boundToken = found.status === 200 ? nameOf(found.answer.token) : 'none';
  const taken = await answerTo(otherCard, first);
  const shown = await tome.call('ns1', 'detokenize', { token: first });
  const unassigned = await tome.call('ns1', 'detokenize', { token: third });
  return {
    bound: first,
    findings: [
      { question: 'does NS1 bind a new card to the token asked for', answer: 'yes' },
      {
        question: 'the same card and token again',
        answer: repeated,
        isForbidding: repeated !== '200 first token',
      },
      {
        question: 'a bound card with another token (echo, conflict or overwrite)',
        answer:
          otherToken === '200 first token' ? 'echo' : otherToken === '409 already-bound' ? 'conflict' : otherToken,
        isForbidding: otherToken !== '200 first token' && otherToken !== '409 already-bound',
      },
      {
        question: 'the binding afterwards',
        answer: boundToken,
        isForbidding: boundToken !== 'first token',
      },
      {
        question: 'a bound token for another card',
        answer: taken,
        isForbidding: taken === '200 first token',
      },
      {
        question: "does a bound token show its card, and no other's",
        answer: shown.status === 200 ? (shown.answer.source === card ? 'yes' : 'another card') : `${shown.status}`,
        isForbidding: shown.status !== 200 || shown.answer.source !== card,
      },
      {
        question: 'an unassigned token shows',
        answer: unassigned.status === 200 ? 'a card' : 'nothing',
        isForbidding: unassigned.status === 200,
      },
    ],
  };
}
