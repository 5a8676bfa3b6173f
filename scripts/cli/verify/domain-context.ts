import type { Vocabulary } from '../../../lambdas/vocabulary.ts';
import type { Environment, ProducerDomain } from '../../../lib/environments/environment.ts';
import type { Sender } from '../../performance/load/sender.ts';
import type { DeployedAccount, DeployedStack } from './deployed-account.ts';

/** What the checks of the API leave for the checks of metrics and logs. */
export interface CreatedSource {
  readonly source: string;
  /** The Idempotency-Key of its creation. */
  readonly key: string;
  readonly reference: string;
}

/** Requests of this run that were answered as expected, for the metrics. */
export interface AnsweredRequests {
  create: number;
  /** Creations that were repeated with their key. They are answered from the database. */
  replay: number;
  lookup: number;
  detokenize: number;
}

/** A deployed producer domain, and what has happened in this run. */
export interface DomainContext {
  readonly environment: Environment;
  readonly domain: ProducerDomain;
  readonly vocabulary: Vocabulary;
  readonly account: DeployedAccount;
  /** The stacks of the domain by their names, `null` for a stack that does not exist. */
  readonly stacks: ReadonlyMap<string, DeployedStack | null>;
  /** Opens the API at the address of the service stack's output, once. Throws CannotSign. */
  readonly api: () => Sender;
  /** A made-up card or account number that this run has not used. */
  readonly freshSource: () => string;
  /** A correlation id without digits, which no check for card numbers replaces. */
  readonly correlationId: string;
  readonly dateMs: () => number;
  /**
   * Asks again until the value satisfies the condition or the time of `--wait` is over. Returns the
   * last value.
   */
  readonly eventually: <Value>(ask: () => Promise<Value>, holds: (value: Value) => boolean) => Promise<Value>;
  readonly startedMs: number;
  readonly answered: AnsweredRequests;
  readonly created: CreatedSource[];
}

/** The output of one of the domain's stacks; empty if it does not exist. */
export function outputOf({ stacks }: DomainContext, name: string): string {
  for (const stack of stacks.values()) {
    const value = stack?.outputs[name];
    if (value !== undefined) return value;
  }
  return '';
}
