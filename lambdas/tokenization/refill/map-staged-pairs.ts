import { TomeAnswerInvalid, TomeOutcomeUnknown, TomeRateLimited, TomeTokenTaken } from '../errors/tome-error.ts';
import type { StagedPair } from '../ports/refill-store.ts';
import type { PrefetchDependencies, PrefetchRun } from './prefetch-run.ts';

/** Most STAGED pairs taken up at once; the lease is renewed between two pages. Also the most of one bulk call. */
const PAGE = 500;

/**
 * Binds every STAGED pair on NS2 and puts those that NS2 answered with exactly on offer (brief 2, edge STAGED -> AVAILABLE). Repeating
 * a mapping is harmless at TOME, so this also finishes what an earlier run left. Pairs that fail are passed over, and quarantined
 * once they failed too often. Rejects with the TomeError that makes going on pointless; what was mapped by then is activated.
 */
export async function mapStagedPairs(dependencies: PrefetchDependencies, run: PrefetchRun): Promise<void> {
  const tried = new Set<bigint>();
  for (;;) {
    const page = (await dependencies.store.stagedPairs(PAGE)).filter(({ pairId }) => !tried.has(pairId));
    if (page.length === 0) return;
    for (const { pairId } of page) tried.add(pairId);
    await dependencies.store.renewLease(run.lease);
    const map = dependencies.settings.bulkTokenize ? mapInBulk : mapOneByOne;
    for (const { pairId } of await map(dependencies, run, page)) tried.delete(pairId);
  }
}

/** Gives back the pairs that TOME was too busy for: the client has slowed down by then, and their turn comes again. */
async function mapOneByOne(
  dependencies: PrefetchDependencies,
  run: PrefetchRun,
  page: readonly StagedPair[],
): Promise<readonly StagedPair[]> {
  const { settings, tome } = dependencies;
  const postponed: StagedPair[] = [];
  const outcomes = new MappingOutcomes(dependencies, run);
  const queue = page.values();
  let stop: { readonly error: unknown } | null = null;
  const work = async (): Promise<void> => {
    for (const pair of queue) {
      if (stop !== null) return;
      try {
        const answer = await tome.ns2.tokenize(pair.internalToken, pair.cardReference, run.call);
        await outcomes.add(pair, answer.token);
      } catch (error) {
        if (isAboutThisPair(error)) outcomes.addFailure(pair, error);
        else if (error instanceof TomeRateLimited) postponed.push(pair);
        else stop ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: settings.mappingConcurrency }, work));
  await outcomes.flush();
  throwIfStopped(stop);
  return postponed;
}

async function mapInBulk(
  dependencies: PrefetchDependencies,
  run: PrefetchRun,
  page: readonly StagedPair[],
): Promise<readonly StagedPair[]> {
  const items = page.map(({ internalToken, cardReference }) => ({ source: internalToken, token: cardReference }));
  const results = await dependencies.tome.ns2.bulkTokenize(items, run.call);
  if (results === null) return mapOneByOne(dependencies, run, page);
  const outcomes = new MappingOutcomes(dependencies, run);
  for (const [index, pair] of page.entries()) {
    const result = results[index];
    if (result?.outcome === 'bound') await outcomes.add(pair, result.token);
    else outcomes.addFailure(pair, null);
  }
  await outcomes.flush();
  return [];
}

/** Collects what NS2 said and writes it down in chunks, so that pairs come on offer while the rest is still being mapped. */
class MappingOutcomes {
  readonly #dependencies: PrefetchDependencies;
  readonly #run: PrefetchRun;
  #mapped: StagedPair[] = [];
  #wrong: bigint[] = [];
  #failed: bigint[] = [];

  constructor(dependencies: PrefetchDependencies, run: PrefetchRun) {
    this.#dependencies = dependencies;
    this.#run = run;
  }

  async add(pair: StagedPair, token: string): Promise<void> {
    if (token !== pair.cardReference) this.#wrong.push(pair.pairId);
    else this.#mapped.push(pair);
    if (this.#mapped.length >= this.#dependencies.settings.activationChunk) await this.#activate();
  }

  addFailure(pair: StagedPair, error: unknown): void {
    if (error instanceof TomeTokenTaken) this.#wrong.push(pair.pairId);
    else this.#failed.push(pair.pairId);
  }

  async flush(): Promise<void> {
    await this.#activate();
    const { store } = this.#dependencies;
    if (this.#wrong.length > 0) await store.quarantineStaged(this.#wrong, 'wrong-echo');
    if (this.#failed.length > 0) await store.noteMappingFailure(this.#failed);
    this.#run.tally.quarantined += this.#wrong.length;
    this.#wrong = [];
    this.#failed = [];
  }

  async #activate(): Promise<void> {
    const mapped = this.#mapped;
    this.#mapped = [];
    if (mapped.length === 0) return;
    const activated = await this.#dependencies.store.activate(this.#run.lease, mapped);
    this.#run.tally.activated += activated;
    this.#dependencies.onProgress?.(this.#run.tally);
  }
}

/** A failure that another pair need not share. Anything else (breaker open, no time left) stops the run. */
const isAboutThisPair = (error: unknown): boolean =>
  error instanceof TomeOutcomeUnknown || error instanceof TomeAnswerInvalid || error instanceof TomeTokenTaken;

function throwIfStopped(stop: { readonly error: unknown } | null): void {
  if (stop !== null) throw stop.error;
}
