import { type Namespace, PREFETCH_LIMIT } from '../../../lambdas/tome/contract/contract.ts';
import type { Finding } from './finding.ts';
import type { TomeCalls } from './tome-calls.ts';

export interface IssuedToken {
  readonly token: string;
  readonly expiresAt?: string | undefined;
}

export interface PrefetchAnswers {
  readonly finding: Finding;
  readonly internalTokens: readonly IssuedToken[];
  readonly references: readonly IssuedToken[];
}

/** Sizes that are tried after a refusal, which costs no tokens. */
const SIZES = [PREFETCH_LIMIT, 2_500, 2_000, 1_000, 500, 250, 200, 100, 50, 20, 10, 3];

/** Unassigned tokens of NS1 that the other questions need. */
const NEEDED = 3;

/** Requests `tokens` of each namespace, and fewer as long as TOME refuses so many. */
export async function askPrefetch(tome: TomeCalls, tokens: number): Promise<PrefetchAnswers> {
  const first = await prefetch(tome, 'ns1', tokens);
  const second = await prefetch(tome, 'ns2', first.asked);
  const [inFirst, inSecond] = [first.tokens.length, second.tokens.length];
  const most = Math.min(inFirst, inSecond);
  // Otherwise a larger call could be answered too.
  const isMost = most >= PREFETCH_LIMIT || most < first.asked || first.asked < tokens;
  return {
    finding: {
      question: 'tokens of one prefetch call',
      answer: `NS1 ${inFirst} of ${first.asked}, NS2 ${inSecond} of ${second.asked}`,
      isForbidding: inFirst < NEEDED || inSecond === 0,
      ...(isMost && most > 0 ? { lines: { 'limits.tokensPerPrefetch': most } } : {}),
    },
    internalTokens: first.tokens,
    references: second.tokens,
  };
}

async function prefetch(tome: TomeCalls, namespace: Namespace, tokens: number) {
  for (const asked of [tokens, ...SIZES.filter((size) => size < tokens)]) {
    const reply = await tome.call(namespace, 'prefetch', { count: asked });
    if ('answer' in reply) return { asked, tokens: reply.answer.tokens };
  }
  return { asked: tokens, tokens: [] };
}
