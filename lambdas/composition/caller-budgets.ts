import { count } from '../runtime/metrics.ts';
import { readSettings } from '../runtime/settings.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { CallerBudgets } from '../tokenization/callers/caller-budgets.ts';
import type { BudgetLedger } from '../tokenization/ports/budget-ledger.ts';

const WINDOW_SECONDS = 3_600;

/** The budgets of callers, from the settings. Throws InvalidSettings. */
export function composeCallerBudgets(ledger: BudgetLedger | null): CallerBudgets {
  const settings = readSettings(['callers']);
  return new CallerBudgets({
    limits: {
      'lookup-miss': settings.CALLER_LOOKUP_MISSES_PER_HOUR,
      'detokenize-refusal': settings.CALLER_DETOKENIZE_REFUSALS_PER_HOUR,
      'creation-of-existing': settings.CALLER_EXISTING_CREATIONS_PER_HOUR,
    },
    windowSeconds: WINDOW_SECONDS,
    ledger,
    clock: systemClock,
    report(event, kind, { account }) {
      // The API's policy lets in few accounts, but any number of their roles: the role is in the log.
      count('CallerAnswers', { account, kind });
      if (event === 'spent') count('CallerBudgetSpent', {});
    },
  });
}
