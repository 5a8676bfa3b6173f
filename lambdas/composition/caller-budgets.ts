import { count } from '../runtime/metrics.ts';
import type { Settings } from '../runtime/setting-groups.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { CallerBudgets } from '../tokenization/callers/caller-budgets.ts';
import type { BudgetLedger } from '../tokenization/ports/budget-ledger.ts';

const WINDOW_SECONDS = 3_600;

/** Without a ledger each process counts for itself. */
export function composeCallerBudgets(settings: Settings<'callers'>, ledger: BudgetLedger | null): CallerBudgets {
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
      // No dimension for the role: the API admits few accounts, but any number of their roles.
      count('CallerAnswers', { account, kind });
      if (event === 'spent') count('CallerBudgetSpent', {});
    },
  });
}
