import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { repeatedId, repeatedItem, type WireAnswer } from '../wire/wire-answer.ts';
import type { Finding } from './finding.ts';

/** What answers repeat of their requests: the id in a header, the item in the body, or neither. */
export function askOwnership(answers: readonly WireAnswer[], { headers }: Pick<TomeProfile, 'headers'>): Finding {
  const question = 'what shows that an answer belongs to its request';
  const ids = answers.map((answer) => repeatedId(answer, headers.requestId));
  const items = answers.flatMap((answer) => repeatedItem(answer) ?? []);
  const all = (found: readonly string[]): boolean => found.length > 0 && found.every((one) => one === 'same');
  if (all(ids)) return { question, answer: `its id in ${headers.requestId}`, lines: { answersShow: 'request-id' } };
  if (all(items)) return { question, answer: 'its source or token in the body', lines: { answersShow: 'item' } };
  const same = (found: readonly string[]): string =>
    `${found.filter((one) => one === 'same').length} of ${found.length}`;
  return {
    question,
    answer: `nothing: ${same(ids)} repeat the id in ${headers.requestId}, ${same(items)} the item`,
    isForbidding: true,
  };
}
