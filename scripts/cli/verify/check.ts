import type { Verdict } from '../conformance/check.ts';
import type { DomainContext } from './domain-context.ts';

/** One fact about a deployed domain. */
export interface Check {
  /** Stable, for reports and tests, such as `api.create`. */
  readonly id: string;
  /** The fact as a sentence. */
  readonly sentence: string;
  /** What to do when it is not so. */
  readonly remedy: string;
  /** The ids of checks that must pass first. */
  readonly needs: readonly string[];
  /** Whether it leaves a made-up card or account in the deployment. */
  readonly creates: boolean;
  /** Rejects with CannotTry, NotThere or CannotAskAws. */
  readonly run: (context: DomainContext) => Promise<Verdict>;
}
