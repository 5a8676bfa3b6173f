import type { CardReference } from '../card-reference.ts';
import { TomeError } from '../errors/tome-error.ts';
import type { UnassignedToken } from '../ports/tome.ts';
import { type FormatFault, findFormatFault } from '../reference-format.ts';
import type { PrefetchDependencies, PrefetchRun } from './prefetch-run.ts';

/**
 * One round of prefetch calls, both namespaces at once, and the staging of what they gave. Each call is announced before it is
 * made: an answer that never reaches the database is a leak, and a counted one (brief 2, rule 7). What one namespace gave beyond the
 * other is kept for the next round; when one call fails, the other's tokens are kept all the same. Returns how many pairs were staged.
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
    prefetch: (count: number) => Promise<readonly UnassignedToken<Token>[]>,
  ): Promise<Answer<Token>> => {
    if (count <= 0) return { announcements: [], tokens: [], failure: null };
    const announcement = await store.announcePrefetch(lease, { namespace, count });
    try {
      return { announcements: [announcement], tokens: await prefetch(count), failure: null };
    } catch (error) {
      if (!(error instanceof TomeError)) throw error;
      return { announcements: [], tokens: [], failure: error };
    }
  };
  const [internal, external] = await Promise.all([
    ask('ns1', pairs - spare.internalTokens, (count) => tome.ns1.prefetch(count, call)),
    ask('ns2', pairs - spare.references, (count) => tome.ns2.prefetch(count, call)),
  ]);

  const references: UnassignedToken<CardReference>[] = [];
  const rejectedReferences: { token: CardReference; fault: FormatFault }[] = [];
  for (const reference of external.tokens) {
    const fault = findFormatFault(reference.token, luhnPolicy);
    if (fault === null) references.push(reference);
    else rejectedReferences.push({ token: reference.token, fault });
  }
  const announcements = [...internal.announcements, ...external.announcements];
  const { staged } = await store.stage(lease, announcements, {
    internalTokens: internal.tokens,
    references,
    rejectedReferences,
  });
  tally.fetched += internal.tokens.length + external.tokens.length;
  tally.staged += staged;
  tally.rejectedReferences += rejectedReferences.length;

  for (const { failure } of [internal, external]) if (failure !== null) throw failure;
  return staged;
}

interface Answer<Token> {
  /** The announcement that this answer settles; none when the answer was lost. */
  readonly announcements: readonly string[];
  readonly tokens: readonly UnassignedToken<Token>[];
  readonly failure: TomeError | null;
}
