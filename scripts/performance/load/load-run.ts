import type { Arrivals } from './arrivals.ts';
import { type CardTraffic, LOAD_OPERATIONS, type LoadOperation } from './card-traffic.ts';
import type { LatencySummary } from './latency-histogram.ts';
import { openLoop } from './open-loop.ts';
import { OperationTally, type TallySummary } from './operation-tally.ts';
import type { WrongCounts } from './reference-checker.ts';
import type { Sender } from './sender.ts';

export interface LoadRun {
  readonly sender: Sender;
  readonly traffic: CardTraffic;
  readonly arrivals: Arrivals;
  /** Called after each answer with the number of answers so far. */
  readonly onAnswer?: (answered: number) => void;
}

export interface LoadOutcome {
  readonly sent: number;
  readonly notSent: number;
  readonly seconds: number;
  readonly operations: Readonly<Record<LoadOperation, TallySummary>>;
  /** How late this program sent the requests. It is included in every latency above. */
  readonly latenessMs: LatencySummary;
  readonly wrong: WrongCounts;
  readonly wrongTotal: number;
}

/** Sends operations when they are due, and checks every answer. */
export async function runLoad({ sender, traffic, arrivals, onAnswer }: LoadRun): Promise<LoadOutcome> {
  const tallies = { create: new OperationTally(), lookup: new OperationTally(), detokenize: new OperationTally() };
  let answered = 0;
  const { sent, notSent, lateness, seconds } = await openLoop({
    arrivals,
    async send({ dueMs }) {
      const { operation, request, check } = traffic.next();
      const answer = await sender.send(request);
      tallies[operation].record(answer, performance.now() - dueMs);
      check(answer);
      answered += 1;
      onAnswer?.(answered);
    },
  });
  const operations = Object.fromEntries(
    LOAD_OPERATIONS.map((operation) => [operation, tallies[operation].summary()]),
  ) as Record<LoadOperation, TallySummary>;
  const { wrongCounts: wrong, wrongTotal } = traffic.references;
  return { sent, notSent, seconds, operations, latenessMs: lateness.summary(), wrong, wrongTotal };
}
