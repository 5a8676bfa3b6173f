import type { StagedPair } from '../ports/refill-store.ts';
import {
  ReferenceUnacceptable,
  TomeAccessDenied,
  TomeAnswerInvalid,
  TomeBudgetSpent,
  TomeError,
  TomeGatewayAnswered,
  TomeOutcomeUnknown,
  TomeRateLimited,
  TomeRequestRefused,
  TomeUnavailable,
} from '../tome-errors.ts';
import type { MappingOutcomes } from './mapping-outcomes.ts';
import type { PrefetchDependencies, PrefetchRun } from './prefetch-run.ts';

/** The most STAGED pairs that are bound before the lease is renewed. */
const LARGEST_PAGE = 500;

/**
 * A run stops when TOME has answered only 429 for this many milliseconds. The next run continues.
 */
const MOST_THROTTLED_MS = 20_000;

/**
 * Binds every STAGED pair on NS2 and makes those available with which NS2 answered. A binding can
 * be repeated without harm, so this also finishes the pairs of an earlier run. A pair that fails is
 * not tried again in this run. Rejects with the TomeError that ends the run; the pairs that were
 * bound before it are available.
 */
export async function mapStagedPairs(
  dependencies: PrefetchDependencies,
  run: PrefetchRun,
  outcomes: MappingOutcomes,
): Promise<void> {
  const { tried } = outcomes;
  const { bulkItems } = dependencies.settings;
  const pageSize = Math.min(LARGEST_PAGE, bulkItems ?? LARGEST_PAGE);
  for (;;) {
    const staged = await dependencies.store.stagedPairs(pageSize + outcomes.failed);
    const page = staged.filter(({ pairId }) => !tried.has(pairId)).slice(0, pageSize);
    if (page.length === 0) return;
    for (const { pairId } of page) tried.add(pairId);
    await dependencies.store.renewLease(run.lease);
    const map = bulkItems === null ? mapOneByOne : mapInBulk;
    const bindable = page.filter((pair) => outcomes.admit(pair));
    for (const { pairId } of await map(dependencies, run, outcomes, bindable)) tried.delete(pairId);
  }
}

/** Returns the pairs that TOME refused with 429, to be tried again: the client has slowed down. */
async function mapOneByOne(
  { settings, tome }: PrefetchDependencies,
  run: PrefetchRun,
  outcomes: MappingOutcomes,
  page: readonly StagedPair[],
): Promise<readonly StagedPair[]> {
  const postponed: StagedPair[] = [];
  const queue = page.values();
  let stop: { readonly error: unknown } | null = null;
  const map = async (pair: StagedPair): Promise<void> => {
    let token: string;
    try {
      ({ token } = await tome.ns2.tokenize(pair.internalToken, pair.cardReference, run.call));
    } catch (error) {
      if (!(error instanceof TomeError) || stopsTheRun(error)) throw error;
      if (!(error instanceof TomeRateLimited)) outcomes.addFailure(pair, error);
      else if (outcomes.idleMs >= MOST_THROTTLED_MS) throw error;
      else postponed.push(pair);
      return;
    }
    await outcomes.add(pair, token);
  };
  const work = async (): Promise<void> => {
    for (const pair of queue) {
      if (stop !== null) return;
      await map(pair).catch((error: unknown) => {
        stop ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: settings.mappingConcurrency }, work));
  await outcomes.flush();
  throwIfStopped(stop);
  return postponed;
}

/**
 * Binds a page with one call. When that call fails, the pairs are bound one by one, because one of
 * them can be the cause.
 */
async function mapInBulk(
  dependencies: PrefetchDependencies,
  run: PrefetchRun,
  outcomes: MappingOutcomes,
  page: readonly StagedPair[],
): Promise<readonly StagedPair[]> {
  const items = page.map(({ internalToken, cardReference }) => ({ source: internalToken, token: cardReference }));
  const results = await dependencies.tome.ns2.bulkTokenize(items, run.call).catch((error: unknown) => {
    if (mayBeAboutOnePair(error)) return null;
    throw error;
  });
  if (results === null) return mapOneByOne(dependencies, run, outcomes, page);
  let stop: { readonly error: unknown } | null = null;
  try {
    for (const [index, pair] of page.entries()) {
      const result = results[index];
      if (result?.outcome === 'bound') await outcomes.add(pair, result.token);
      else if (result?.outcome === 'unusable') outcomes.addFailure(pair, new ReferenceUnacceptable());
      else outcomes.addFailure(pair, new TomeOutcomeUnknown('TOME failed on this item.', { attempts: 1 }));
    }
  } catch (error) {
    stop = { error };
  }
  await outcomes.flush();
  throwIfStopped(stop);
  return [];
}

/** Nothing was sent, nor would be for the other pairs: the breaker is open, or no time is left. */
const stopsTheRun = (error: TomeError): boolean => error instanceof TomeUnavailable || error instanceof TomeBudgetSpent;

const mayBeAboutOnePair = (error: unknown): boolean =>
  error instanceof TomeAnswerInvalid ||
  error instanceof TomeGatewayAnswered ||
  error instanceof TomeAccessDenied ||
  error instanceof TomeRequestRefused ||
  error instanceof TomeOutcomeUnknown;

function throwIfStopped(stop: { readonly error: unknown } | null): void {
  if (stop !== null) throw stop.error;
}
