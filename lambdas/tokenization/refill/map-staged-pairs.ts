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

/**
 * Most STAGED pairs taken up at once; the lease is renewed between two pages. Also the most of one
 * bulk call.
 */
const PAGE = 500;

/**
 * A run that only hears 429 for so long leaves TOME to live calls; the next run goes on. In
 * milliseconds.
 */
const MOST_THROTTLED_MS = 20_000;

/**
 * Binds every STAGED pair on NS2 and puts those that NS2 answered with exactly on offer (brief 2,
 * edge STAGED -> AVAILABLE). Repeating a mapping is harmless at TOME, so this also finishes what an
 * earlier run left. Pairs that fail are passed over in this run. Rejects with the TomeError that
 * makes going on pointless; what was mapped by then is activated.
 */
export async function mapStagedPairs(
  dependencies: PrefetchDependencies,
  run: PrefetchRun,
  outcomes: MappingOutcomes,
): Promise<void> {
  const { tried } = outcomes;
  for (;;) {
    const staged = await dependencies.store.stagedPairs(PAGE + outcomes.passedOver);
    const page = staged.filter(({ pairId }) => !tried.has(pairId)).slice(0, PAGE);
    if (page.length === 0) return;
    for (const { pairId } of page) tried.add(pairId);
    await dependencies.store.renewLease(run.lease);
    const map = dependencies.settings.bulkTokenize ? mapInBulk : mapOneByOne;
    for (const { pairId } of await map(dependencies, run, outcomes, page)) tried.delete(pairId);
  }
}

/**
 * Gives back the pairs that TOME was too busy for: the client has slowed down by then, and their
 * turn comes again.
 */
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
 * One call for a whole page. Where it has no answer about its items, they are asked for one by one:
 * one of them may be the reason.
 */
async function mapInBulk(
  dependencies: PrefetchDependencies,
  run: PrefetchRun,
  outcomes: MappingOutcomes,
  page: readonly StagedPair[],
): Promise<readonly StagedPair[]> {
  const items = page.map(({ internalToken, cardReference }) => ({ source: internalToken, token: cardReference }));
  const results = await dependencies.tome.ns2.bulkTokenize(items, run.call).catch((error: unknown) => {
    if (mayBeForOneItem(error)) return null;
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

/**
 * Nothing was sent, and nothing would be for the other pairs: the breaker is open, or no time is
 * left.
 */
const stopsTheRun = (error: TomeError): boolean => error instanceof TomeUnavailable || error instanceof TomeBudgetSpent;

const mayBeForOneItem = (error: unknown): boolean =>
  error instanceof TomeAnswerInvalid ||
  error instanceof TomeGatewayAnswered ||
  error instanceof TomeAccessDenied ||
  error instanceof TomeRequestRefused ||
  error instanceof TomeOutcomeUnknown;

function throwIfStopped(stop: { readonly error: unknown } | null): void {
  if (stop !== null) throw stop.error;
}
