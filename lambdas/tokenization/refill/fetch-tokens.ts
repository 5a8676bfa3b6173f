import { mayContainCardNumber } from '../model/card-networks.ts';
import type { CardReference } from '../model/card-reference.ts';
import type { InternalToken } from '../model/internal-token.ts';
import { findReferenceFault, type ReferenceRules } from '../model/reference-rules.ts';
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
  { tome, store, ...rules }: Pick<PrefetchDependencies, 'tome' | 'store' | keyof ReferenceRules>,
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

  const usable = separate(internal.tokens, external.tokens, rules);
  const { staged, rejected } = await store.stage(lease, [...internal.announcements, ...external.announcements], {
    internalTokens: usable.internalTokens,
    references: usable.references,
    rejected: [...rejectedOf('ns1', internal.unusable), ...rejectedOf('ns2', external.unusable), ...usable.rejected],
  });
  tally.fetched +=
    internal.tokens.length + internal.unusable.length + external.tokens.length + external.unusable.length;
  tally.staged += staged;
  tally.rejected += rejected;
  tally.rejectedReferences += external.unusable.length + (external.tokens.length - usable.references.length);

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

const EQUAL_TEXTS = 'equal-to-other-namespace';

/**
 * Separates the tokens that no pair may contain. References that the rules forbid, and a text that
 * both namespaces issued: nothing could tell later which of the two it is.
 */
function separate(
  internal: readonly UnassignedToken<InternalToken>[],
  external: readonly UnassignedToken<CardReference>[],
  rules: ReferenceRules,
) {
  const internalTexts = new Set<string>(internal.map(({ token }) => token));
  const externalTexts = new Set<string>(external.map(({ token }) => token));
  const rejected: RejectedToken[] = [];
  const internalTokens = internal.filter(({ token }) => {
    const isUsable = !externalTexts.has(token);
    if (!isUsable) rejected.push(rejection('ns1', token, EQUAL_TEXTS));
    return isUsable;
  });
  const references = external.filter(({ token }) => {
    const fault = internalTexts.has(token) ? EQUAL_TEXTS : findReferenceFault(token, rules);
    if (fault !== null) rejected.push(rejection('ns2', token, fault));
    return fault === null;
  });
  return { internalTokens, references, rejected };
}

/**
 * A text that could be a card number is not stored. A reference whose only fault is its check digit
 * starts like no card number.
 */
const rejection = (namespace: 'ns1' | 'ns2', token: string, fault: string): RejectedToken => ({
  namespace,
  kept: fault !== 'check-digit' && mayContainCardNumber(token) ? null : token,
  fault,
});
