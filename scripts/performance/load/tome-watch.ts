import type { LedgerCall } from '../../simulator/ledger.ts';
import { LOAD_OPERATIONS, type LoadOperation } from './card-traffic.ts';

export interface TomeCalls {
  /** Live calls that each operation's requests made, by their correlation ids. */
  readonly live: Readonly<Record<LoadOperation, number>>;
  /** Live calls of anybody else meanwhile. */
  readonly liveOfOthers: number;
  readonly batch: number;
  /** Calls that TOME refused for their rate, live and batch. */
  readonly rateLimited: number;
  /** Creations that called NS2: the pool had no pair for them. */
  readonly directCreations: number;
}

export interface TomeWatch {
  /** Counts what is left to count, and tells all. */
  finish(): Promise<TomeCalls>;
}

/** The simulator remembers so many calls and no more, so that a long run has to be read while it goes on. */
const LOOK_EVERY_MS = 5_000;

/** Reads the simulator's ledger from now on. `runId` starts the correlation ids of this run. Rejects when it cannot be read at the start. */
export async function watchTome(tomeUrl: string, runId: string): Promise<TomeWatch> {
  const tally = new CallTally(runId);
  const look = async (after: number): Promise<readonly LedgerCall[]> => {
    const response = await fetch(`${tomeUrl}/_control/calls?after=${after}`);
    if (!response.ok) throw new Error(`TOME's ledger cannot be read: ${response.status} from ${tomeUrl}.`);
    return (await response.json()) as readonly LedgerCall[];
  };
  let after = (await look(0)).at(-1)?.sequence ?? 0;
  let failure: Error | null = null;
  const lookAgain = async (): Promise<void> => {
    for (const call of await look(after)) {
      tally.add(call);
      after = call.sequence;
    }
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(lookAgain).catch((error: unknown) => {
      failure ??= new Error("TOME's ledger could not be read to its end.", { cause: error });
    });
  }, LOOK_EVERY_MS);
  return {
    async finish() {
      clearInterval(timer);
      await looking;
      if (failure !== null) throw failure;
      await lookAgain();
      return tally.calls();
    },
  };
}

/** Sorts TOME's calls by who made them. */
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
