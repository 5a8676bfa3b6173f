import { retryAfterSeconds } from '../../../lambdas/tome/client/retry-after.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { WireAnswer } from './wire-answer.ts';
import type { WireRequest } from './wire-calls.ts';

export const MAX_BURSTS = 3;
export const BURST = 400;
/**
 * One call in 20 goes to the other namespace, and one to another operation: too few to reach a
 * separate limit of theirs.
 */
const OTHER_EVERY = 20;

/** What bursts of calls have shown about the rate limit. */
export interface BurstResult {
  readonly sent: number;
  /** Calls of the last burst that were answered 429: most of them lookups on NS1. */
  readonly refused: number;
  readonly refusedOfOtherNamespace: number;
  readonly refusedOfOtherOperation: number;
  /** Answers with 429 and a readable Retry-After. */
  readonly withRetryAfter: number;
  /** The longest Retry-After in seconds. */
  readonly retryAfterSeconds: number;
}

/** Texts that are bound to nothing. */
export interface UnboundTexts {
  readonly cardNumber: string;
  readonly internalToken: string;
}

/**
 * Sends bursts of calls that find nothing until TOME answers 429. If TOME also refuses some of the
 * few calls on the other namespace, both namespaces share the limit; the same for the other
 * operation. A burst shows that a limit exists, but not its value.
 */
export async function burstUntilRefused(
  burst: (requests: readonly WireRequest[]) => Promise<readonly WireAnswer[]>,
  texts: UnboundTexts,
): Promise<BurstResult> {
  const requests = Array.from({ length: BURST }, (_, call) => requestOf(call, texts));
  let sent = 0;
  for (;;) {
    const answers = await burst(requests);
    sent += answers.length;
    const refusals = answers.filter(({ status }) => status === 429);
    if (refusals.length > 0 || sent >= MAX_BURSTS * BURST) return resultOf(sent, refusals);
  }
}

function requestOf(call: number, { cardNumber, internalToken }: UnboundTexts): WireRequest {
  if (call % OTHER_EVERY === 0) return { namespace: 'ns2', operation: 'lookup', body: { source: internalToken } };
  if (call % OTHER_EVERY === 10) return { namespace: 'ns1', operation: 'detokenize', body: { token: internalToken } };
  return { namespace: 'ns1', operation: 'lookup', body: { source: cardNumber } };
}

function resultOf(sent: number, refusals: readonly WireAnswer[]): BurstResult {
  const waits = refusals.map(({ headers }) => retryAfterSeconds(headers)).filter((seconds) => seconds !== null);
  return {
    sent,
    refused: refusals.length,
    refusedOfOtherNamespace: refusals.filter(({ namespace }) => namespace === 'ns2').length,
    refusedOfOtherOperation: refusals.filter(({ operation }) => operation === 'detokenize').length,
    withRetryAfter: waits.length,
    retryAfterSeconds: Math.max(0, ...waits),
  };
}

/**
 * What the limit counts, as the profile says it; `null` when no call was refused. A limit of each
 * operation in each namespace is weaker than `namespace`, the nearest that a profile can say.
 */
export function scopeOf({
  refused,
  refusedOfOtherNamespace,
  refusedOfOtherOperation,
}: BurstResult): TomeProfile['limits']['scope'] | null {
  if (refused === 0) return null;
  if (refusedOfOtherNamespace > 0) return refusedOfOtherOperation > 0 ? 'all' : 'endpoint';
  return 'namespace';
}
