import { mayContainCardNumber } from '../model/card-networks.ts';
import type { CardReference } from '../model/card-reference.ts';
import type { LuhnPolicy } from '../model/luhn.ts';
import { findFormatFault } from '../model/reference-format.ts';
import type { RejectedToken } from '../ports/refill-store.ts';
import type { PrefetchAnswer, UnassignedToken, UnusableToken } from '../ports/tome.ts';
import { TomeError } from '../tome-errors.ts';
import type { PrefetchDependencies, PrefetchRun } from './prefetch-run.ts';

/**
 * One round of prefetch calls to both namespaces, whose tokens are stored as STAGED pairs. Each
 * call is recorded before it is sent, so that the tokens of a lost answer are counted
 * (docs/design.md#i8). Surplus tokens of one namespace are kept for the next round, also when the
 * other call fails. An unusable token is set aside. Returns the number of staged pairs.
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

  const references = separateReferences(external.tokens, luhnPolicy);
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
  /**
   * The id of the recorded call; none when the answer was lost, so that its tokens count as lost.
   */
  readonly announcements: readonly string[];
  readonly failure: TomeError | null;
}

const rejectedOf = (namespace: 'ns1' | 'ns2', unusable: readonly UnusableToken[]): readonly RejectedToken[] =>
  unusable.map((token) => ({ namespace, ...token }));

/** Separates references that the format forbids. One that could be a card number is not stored. */
function separateReferences(tokens: readonly UnassignedToken<CardReference>[], luhnPolicy: LuhnPolicy) {
  const accepted: UnassignedToken<CardReference>[] = [];
  const rejected: RejectedToken[] = [];
  for (const reference of tokens) {
    const { token } = reference;
    const fault = findFormatFault(token, luhnPolicy);
    if (fault === null) accepted.push(reference);
    else {
      const isCardLike = fault === 'card-network-prefix' && mayContainCardNumber(token);
      rejected.push({ namespace: 'ns2', kept: isCardLike ? null : token, fault });
    }
  }
  return { accepted, rejected };
}
