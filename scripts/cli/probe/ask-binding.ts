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
    const reply = await bind(source, token);
    return 'answer' in reply ? `200 ${nameOf(reply.answer.token)}` : `${reply.status} ${reply.refusal.error}`;
  };
  const nameOf = (token: string): string =>
    token === first ? 'first token' : token === second ? 'second token' : 'another token';

  const fresh = await bind(card, first);
  if (!('answer' in fresh) || fresh.answer.token !== first) {
    const answer = 'answer' in fresh ? 'another token' : `${fresh.status} ${fresh.refusal.error}`;
    return {
      findings: [{ question: 'does NS1 bind a new card to the token asked for', answer, isForbidding: true }],
      bound: null,
    };
  }
  const repeated = await answerTo(card, first);
  const otherToken = await answerTo(card, second);
  const alreadyBound =
    otherToken === '200 first token' ? 'echo' : otherToken === '409 already-bound' ? 'conflict' : null;
  const found = await tome.call('ns1', 'lookup', { source: card });
  const boundToken = 'answer' in found ? nameOf(found.answer.token) : 'none';
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
        answer: alreadyBound ?? otherToken,
        isForbidding: alreadyBound === null,
        ...(alreadyBound === null ? {} : { lines: { alreadyBound } }),
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
        answer: 'answer' in shown ? (shown.answer.source === card ? 'yes' : 'another card') : `${shown.status}`,
        isForbidding: !('answer' in shown) || shown.answer.source !== card,
      },
      {
        question: 'an unassigned token shows',
        answer: 'answer' in unassigned ? 'a card' : 'nothing',
        isForbidding: 'answer' in unassigned,
      },
    ],
  };
}
