import { couldBeCardNumber } from '../model/card-like.ts';
import type { CardReference } from '../model/card-reference.ts';
import { findFormatFault, type LuhnPolicy } from '../model/reference-format.ts';
import type { RejectedToken } from '../ports/refill-store.ts';
import type { PrefetchAnswer, UnassignedToken, UnusableToken } from '../ports/tome.ts';
import { TomeError } from '../tome-errors.ts';
import type { PrefetchDependencies, PrefetchRun } from './prefetch-run.ts';

/**
 * One round of prefetch calls, both namespaces at once, and the staging of what they gave. Each
 * call is announced before it is made: an answer that never reaches the database is a leak, and a
 * counted one (brief 2, rule 7). What one namespace gave beyond the other is kept for the next
 * round; when one call fails, the other's tokens are kept all the same. A token that cannot be used
 * is put aside and counted, and costs no other. Returns how many pairs were staged.
 */
export async function fetchTokens(
  { tome, store, luhnPolicy }: Pick<PrefetchDependencies, 'tome' | 'store' | 'luhnPolicy'>,
  { lease, call, tally }: PrefetchRun,
  pairs: number,
): Promise<number> {
  const spare = await store.spareTokens();
  const ask = async <Token>(
    namespace: 'ns1' | 'ns2',
    count: number,
    prefetch: (count: number) => Promise<PrefetchAnswer<Token>>,
  ): Promise<Answer<Token>> => {
    if (count <= 0) return { announcements: [], tokens: [], unusable: [], failure: null };
    const announcement = await store.announcePrefetch(lease, { namespace, count });
    try {
      return { announcements: [announcement], ...(await prefetch(count)), failure: null };
    } catch (error) {
      if (!(error instanceof TomeError)) throw error;
      return { announcements: [], tokens: [], unusable: [], failure: error };
    }
  };
  const [internal, external] = await Promise.all([
    ask('ns1', pairs - spare.internalTokens, (count) => tome.ns1.prefetch(count, call)),
    ask('ns2', pairs - spare.references, (count) => tome.ns2.prefetch(count, call)),
  ]);

  const references = partReferences(external.tokens, luhnPolicy);
  const { staged, rejected } = await store.stage(lease, [...internal.announcements, ...external.announcements], {
    internalTokens: internal.tokens,
    references: references.accepted,
    rejected: [
      ...rejectedOf('ns1', internal.unusable),
      ...rejectedOf('ns2', external.unusable),
      ...references.rejected,
    ],
  });
  tally.fetched +=
    internal.tokens.length + internal.unusable.length + external.tokens.length + external.unusable.length;
  tally.staged += staged;
  tally.rejected += rejected;
  tally.rejectedReferences += external.unusable.length + references.rejected.length;

  for (const { failure } of [internal, external]) if (failure !== null) throw failure;
  return staged;
}

interface Answer<Token> extends PrefetchAnswer<Token> {
  /** The announcement that this answer settles; none when the answer was lost. */
  readonly announcements: readonly string[];
  readonly failure: TomeError | null;
}

const rejectedOf = (namespace: 'ns1' | 'ns2', unusable: readonly UnusableToken[]): readonly RejectedToken[] =>
  unusable.map((token) => ({ namespace, ...token }));

/** What the format refuses never becomes a pair; what could be a card number is not even stored. */
function partReferences(tokens: readonly UnassignedToken<CardReference>[], luhnPolicy: LuhnPolicy) {
  const accepted: UnassignedToken<CardReference>[] = [];
  const rejected: RejectedToken[] = [];
  for (const reference of tokens) {
    const { token } = reference;
    const fault = findFormatFault(token, luhnPolicy);
    if (fault === null) accepted.push(reference);
    else {
      const isCardLike = fault === 'card-network-prefix' && couldBeCardNumber(token);
      rejected.push({ namespace: 'ns2', kept: isCardLike ? null : token, fault });
    }
  }
  return { accepted, rejected };
}
