import type { Evidence } from './evidence.ts';
import type { SuiteContext } from './suite-context.ts';

/** What a check found. `reason` never contains a token, a card number or a credential. */
export type Verdict =
  | { readonly result: 'passed'; readonly reason: string | null }
  | { readonly result: 'failed'; readonly reason: string }
  | { readonly result: 'not-tried'; readonly reason: string };

export const passed = (reason: string | null = null): Verdict => ({ result: 'passed', reason });
export const failed = (reason: string): Verdict => ({ result: 'failed', reason });
export const notTried = (reason: string): Verdict => ({ result: 'not-tried', reason });

interface Rule {
  /** Stable, for reports and tests, such as `ns1.bound-once`. */
  readonly id: string;
  /** The rule as a sentence. */
  readonly sentence: string;
  /** The line of the profile that it confirms; `null` if no line describes it. */
  readonly line: string | null;
  /** What in the profile or in TOME must change when it fails. */
  readonly remedy: string;
}

/** A rule that is tested by calls of its own. */
export interface Check extends Rule {
  /** The ids of checks that must pass first, because this one would show nothing without them. */
  readonly needs: readonly string[];
  /** The most calls that it makes. */
  readonly calls: number;
  /** Rejects with CallFailed when a call gave no answer, and with CannotTry. */
  readonly run: (context: SuiteContext) => Promise<Verdict>;
}

/** A rule that all calls must obey. It is judged at the end, from what happened meanwhile. */
export interface Observation extends Rule {
  readonly judge: (evidence: Evidence) => Verdict;
}
