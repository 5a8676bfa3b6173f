import type { LedgerCall } from '../../simulator/ledger.ts';
import { LOAD_OPERATIONS, type LoadOperation } from './card-traffic.ts';

export interface TomeCalls {
  /** Live calls of the requests of each operation, by their correlation ids. */
  readonly live: Readonly<Record<LoadOperation, number>>;
  /** Live calls of other callers. */
  readonly liveOfOthers: number;
  readonly batch: number;
  /** Calls that the rate limit of TOME refused, live and batch. */
  readonly rateLimited: number;
  /** Creations that called NS2, because the pool had no pair for them. */
  readonly directCreations: number;
}

export interface TomeWatch {
  /** Counts the remaining calls and returns all counts. */
  finish(): Promise<TomeCalls>;
}

/** The simulator keeps a limited number of calls, so a long run reads them while it runs. */
const READ_EVERY_MS = 5_000;

/**
 * Reads the ledger of the simulator from now on. `runId` is the prefix of the correlation ids of
 * this run. Rejects when the first read fails.
 */
export async function watchTome(tomeUrl: string, runId: string): Promise<TomeWatch> {
  const tally = new CallTally(runId);
  const readCalls = async (after: number): Promise<readonly LedgerCall[]> => {
    const response = await fetch(`${tomeUrl}/_control/calls?after=${after}`);
    if (!response.ok) throw new Error(`TOME's ledger cannot be read: ${response.status} from ${tomeUrl}.`);
    return (await response.json()) as readonly LedgerCall[];
  };
  let after = (await readCalls(0)).at(-1)?.sequence ?? 0;
  let failure: Error | null = null;
  const countNewCalls = async (): Promise<void> => {
    for (const call of await readCalls(after)) {
      tally.add(call);
      after = call.sequence;
    }
  };
  let reading = Promise.resolve();
  const timer = setInterval(() => {
    reading = reading.then(countNewCalls).catch((error: unknown) => {
      failure ??= new Error("TOME's ledger could not be read to its end.", { cause: error });
    });
  }, READ_EVERY_MS);
  return {
    async finish() {
      clearInterval(timer);
      await reading;
      if (failure !== null) throw failure;
      await countNewCalls();
      return tally.calls();
    },
  };
}

/** Counts the calls to TOME by caller. */
export class CallTally {
  readonly #runId: string;
  readonly #live: Record<LoadOperation, number> = { create: 0, lookup: 0, detokenize: 0 };
  readonly #direct = new Set<string>();
  #liveOfOthers = 0;
  #batch = 0;
  #rateLimited = 0;

  constructor(runId: string) {
    this.#runId = runId;
  }

  add({ namespace, lane, outcome, correlationId }: LedgerCall): void {
    if (outcome === 'rate-limited') this.#rateLimited += 1;
    if (lane === 'batch') {
      this.#batch += 1;
      return;
    }
    const [runId, name] = correlationId.split('.');
    const operation = LOAD_OPERATIONS.find((candidate) => candidate === name);
    if (runId !== this.#runId || operation === undefined) {
      this.#liveOfOthers += 1;
      return;
    }
    this.#live[operation] += 1;
    if (operation === 'create' && namespace === 'ns2') this.#direct.add(correlationId);
  }

  calls(): TomeCalls {
    return {
      live: { ...this.#live },
      liveOfOthers: this.#liveOfOthers,
      batch: this.#batch,
      rateLimited: this.#rateLimited,
      directCreations: this.#direct.size,
    };
  }
}
