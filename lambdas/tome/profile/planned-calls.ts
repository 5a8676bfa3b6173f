import type { TomeProfile } from './tome-profile.ts';

type Limits = TomeProfile['limits'];

/** The most that one producer domain plans to do in a second. */
export interface CallPlan {
  /** Expected creations, by the pool and by the direct path. */
  readonly creations: number;
  /** Expected lookups and detokenize requests. */
  readonly reads: number;
  /** Pairs that a refill binds: TOME_BATCH_CALLS_PER_SECOND. */
  readonly batch: number;
  /** Creations by the direct path: DIRECT_CREATIONS_PER_SECOND. */
  readonly direct: number;
  /** Live calls of what TOME counts: TOME_LIVE_CALLS_PER_SECOND; 0 for no limit. */
  readonly liveLimit: number;
  /** Whether requests use no pairs (TOKENIZER=direct). Then `direct` is 0. Default: false. */
  readonly isWithoutPairs?: boolean;
}

/** The plan of a domain that does nothing. */
export const NO_CALLS: CallPlan = { creations: 0, reads: 0, batch: 0, direct: 0, liveLimit: 0 };

export interface NamedPlan {
  /** The producer domain; empty when there is only one. */
  readonly domain: string;
  readonly plan: CallPlan;
}

/** What TOME counts, by the scope of its limit. `all` is every call. */
const COUNTED = {
  endpoint: ['tokenize', 'lookup', 'detokenize'],
  namespace: ['ns1', 'ns2'],
  all: ['all'],
} as const satisfies Readonly<Record<Limits['scope'], readonly string[]>>;

type Counted = (typeof COUNTED)[Limits['scope']][number];

/**
 * Calls of one creation with a pair, one read, one creation by the direct path, one binding of a
 * prefetched pair, and one fetch of tokens. A read is counted as a lookup and as a detokenize
 * request, because either can be all of the reads. Where bindings are counted, the rate limiter of
 * a refill counts its fetches among them (lambdas/tome/client/rate-limiters.ts). The operations
 * prefetch and bulk tokenize never need more calls than tokenize.
 */
const CALLS = {
  tokenize: { creation: 1, read: 0, direct: 2, binding: 1, fetch: 0 },
  lookup: { creation: 0, read: 1, direct: 2, binding: 0, fetch: 0 },
  detokenize: { creation: 0, read: 1, direct: 0, binding: 0, fetch: 0 },
  ns1: { creation: 1, read: 1, direct: 2, binding: 0, fetch: 1 },
  ns2: { creation: 0, read: 0, direct: 2, binding: 1, fetch: 0 },
  all: { creation: 1, read: 1, direct: 4, binding: 1, fetch: 0 },
} as const satisfies Readonly<Record<Counted, object>>;

/** Calls of one creation and one read without pairs: one call to each namespace. */
const WITHOUT_PAIRS = {
  tokenize: { creation: 2, read: 0 },
  lookup: { creation: 0, read: 2 },
  detokenize: { creation: 0, read: 2 },
  ns1: { creation: 1, read: 1 },
  ns2: { creation: 1, read: 1 },
  all: { creation: 2, read: 2 },
} as const satisfies Readonly<Record<Counted, object>>;

/** The count that has the bindings of a refill, which the calls of other domains are added to. */
const OF_REFILLS = { endpoint: 'tokenize', namespace: 'ns2', all: 'all' } as const satisfies Readonly<
  Record<Limits['scope'], Counted>
>;

/**
 * The calls a second of a domain that another domain must leave room for: those that are counted
 * together with the bindings of a refill.
 */
export const callsOfDomain = (limits: Limits, plan: CallPlan): number =>
  sumOf(termsOf(OF_REFILLS[limits.scope], plan, limits));

/**
 * A sentence without its full stop when the domains together plan more calls than TOME takes, with
 * the largest sum term by term; otherwise `null`. `otherCalls`: calls a second of domains that are
 * not listed.
 */
export function findExcess(limits: Limits, plans: readonly NamedPlan[], otherCalls = 0): string | null {
  const [largest] = COUNTED[limits.scope]
    .map((counted) => ({ counted, ...addUp(counted, limits, plans, otherCalls) }))
    .toSorted((one, other) => other.sum - one.sum);
  if (largest === undefined || largest.sum <= limits.callsPerSecond) return null;
  const { counted, terms, sum } = largest;
  return `TOME takes ${limits.callsPerSecond} calls a second ${WHERE[limits.scope]}, and ${needs(counted)} ${terms} = ${sum}`;
}

const WHERE = {
  endpoint: 'for each operation',
  namespace: 'for each namespace',
  all: 'in all',
} as const satisfies Readonly<Record<Limits['scope'], string>>;

const needs = (counted: Counted): string => (counted === 'all' ? 'all operations need' : `${counted} needs`);

function addUp(counted: Counted, limits: Limits, plans: readonly NamedPlan[], otherCalls: number) {
  const ofDomains = plans.map(({ domain, plan }) => ({ domain, terms: termsOf(counted, plan, limits) }));
  const others = counted === OF_REFILLS[limits.scope] && otherCalls > 0 ? otherCalls : 0;
  const written = ofDomains
    .filter(({ terms }) => terms.length > 0)
    .map(({ domain, terms }) => `${domain} ${terms.map(({ calls, kind }) => `${calls} ${kind}`).join(' + ')}`.trim());
  return {
    sum: ofDomains.reduce((sum, { terms }) => sum + sumOf(terms), others),
    terms: `${written.join(', ')}${others > 0 ? ` + ${others} of other domains` : ''}`,
  };
}

interface Term {
  readonly calls: number;
  readonly kind: 'live' | 'batch' | 'direct';
}

const sumOf = (terms: readonly Term[]): number => terms.reduce((sum, { calls }) => sum + calls, 0);

/**
 * When a domain expects at least as many creations as its direct path may do, the direct ones are
 * among the expected ones, and only their further calls are added. A limit on live calls that is
 * higher than both replaces them.
 */
function termsOf(counted: Counted, plan: CallPlan, { tokensPerPrefetch }: Limits): readonly Term[] {
  const calls = { ...CALLS[counted], ...(plan.isWithoutPairs === true ? WITHOUT_PAIRS[counted] : {}) };
  const areExpected = plan.creations >= plan.direct;
  const live = (areExpected ? plan.creations : 0) * calls.creation + plan.reads * calls.read;
  const direct = plan.direct * (calls.direct - (areExpected ? calls.creation : 0));
  const batch = plan.batch * calls.binding + Math.ceil(plan.batch / tokensPerPrefetch) * calls.fetch;
  const isLimitHigher = plan.liveLimit > live + direct;
  const terms: readonly Term[] = [
    { calls: isLimitHigher ? plan.liveLimit : live, kind: 'live' },
    { calls: batch, kind: 'batch' },
    { calls: isLimitHigher ? 0 : direct, kind: 'direct' },
  ];
  return terms.filter((term) => term.calls > 0);
}
