import { LastingAnswer, TomeTokenTaken, TomeUnavailable } from '../../../lambdas/tokenization/tome-errors.ts';
import type { WireAnswer } from '../wire/wire-answer.ts';
import { CallsSpent } from './call-budget.ts';
import { CannotTry } from './cannot-try.ts';
import { type Check, failed, notTried, type Observation, type Verdict } from './check.ts';
import { isDenial } from './checks/observations.ts';
import { CallFailed } from './product-namespace.ts';
import { SAMPLE_CALLS, sampleAnswers } from './sample-answers.ts';
import type { Suite } from './suite.ts';
import type { SuiteContext } from './suite-context.ts';

/** The verdict of one rule. */
export type RuleResult = Pick<Check & Observation, 'id' | 'sentence' | 'line' | 'remedy'> & Verdict;

export interface SuiteResult {
  readonly results: readonly RuleResult[];
  /** Whether calls or tokens ran out, so that checks are missing. */
  readonly isIncomplete: boolean;
}

/** The most calls of a run: the first contact, the sample and the checks. */
export const mostCallsOf = ({ checks }: Suite): number =>
  1 + SAMPLE_CALLS + checks.reduce((sum, { calls }) => sum + calls, 0);

/** Checks of the first prefetch, whose tokens the sample and all other checks use. */
const isPrefetch = ({ id }: Check): boolean => id.endsWith('.prefetch');

/**
 * Runs all checks and judges all rules. `answers` is filled by the context's wire meanwhile.
 * Rejects with TomeUnavailable when TOME cannot be reached at all.
 */
export async function runSuite(
  { checks, observations }: Suite,
  context: SuiteContext,
  answers: readonly WireAnswer[],
): Promise<SuiteResult> {
  const failures: CallFailed[] = [];
  const verdicts = new Map<string, Verdict>();
  let isIncomplete = false;
  const tryAll = async (some: readonly Check[]): Promise<void> => {
    for (const check of some) {
      const unmet = check.needs.find((id) => verdicts.get(id)?.result !== 'passed');
      verdicts.set(check.id, unmet === undefined ? await verdictOf(check) : notTried(`it needs ${unmet}`));
    }
  };
  const verdictOf = async (check: Check): Promise<Verdict> => {
    try {
      return await check.run(context);
    } catch (error) {
      if (error instanceof CannotTry) {
        isIncomplete = true;
        return notTried(error.message);
      }
      if (!(error instanceof CallFailed)) throw error;
      if (error.failure instanceof LastingAnswer || error.failure instanceof TomeTokenTaken)
        return failed(error.message);
      failures.push(error);
      return notTried(error.message);
    }
  };

  const denial = await firstContact(context);
  if (denial === null) {
    await tryAll(checks.filter(isPrefetch));
    try {
      failures.push(...(await sampleAnswers(context)));
    } catch (error) {
      if (!(error instanceof CallsSpent)) throw error;
      isIncomplete = true;
    }
    await tryAll(checks.filter((check) => !isPrefetch(check)));
  } else {
    failures.push(denial);
    for (const { id } of checks) verdicts.set(id, notTried('TOME refuses access'));
  }
  const evidence = { profile: context.profile, answers, failures };
  return {
    results: [
      ...observations.map(({ id, sentence, line, remedy, judge }) => ({
        id,
        sentence,
        line,
        remedy,
        ...judge(evidence),
      })),
      ...checks.map(({ id, sentence, line, remedy }) => ({
        id,
        sentence,
        line,
        remedy,
        ...(verdicts.get(id) ?? notTried('it was left out')),
      })),
    ],
    isIncomplete,
  };
}

/**
 * One lookup that finds nothing. Returns the failure when TOME refuses access: every other call
 * would be refused too, and could lock the account. Other failures are left to the checks.
 */
async function firstContact({ product, freshSource }: SuiteContext): Promise<CallFailed | null> {
  try {
    await product.ns1.lookup(freshSource('ns1'));
    return null;
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    if (isDenial(error.failure)) return error;
    if (error.failure instanceof TomeUnavailable) throw error.failure;
    return null;
  }
}
