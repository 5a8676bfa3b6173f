import { CallerBudgetSpent, CardNotFound, InvalidInput, ReferenceNotFound } from '../errors.ts';
import type { BudgetKind } from '../ports/budget-ledger.ts';
import type { RequestContext, Tokenizer } from '../tokenizer.ts';
import type { CallerBudgets } from './caller-budgets.ts';

/**
 * Adds each caller's budgets to a tokenizer (docs/design.md#callers-kept-apart).
 *
 * A caller with a spent budget gets no answer to any lookup: if only misses were refused, each
 * refusal would reveal a miss. The database read checks the budget too (`RequestContext.budget`),
 * because another instance may have spent the last unit meanwhile.
 *
 * A creation of an existing card above the budget is refused, and one of a new card is not. A
 * replay of an Idempotency-Key reveals nothing new and is free. `lookupOrTokenize` has no budget:
 * it creates every card that it does not find, with an event.
 */
export function limitCallers(tokenizer: Tokenizer, budgets: CallerBudgets): Tokenizer {
  return {
    lookupOrTokenize: (cardNumber, context) => tokenizer.lookupOrTokenize(cardNumber, context),

    async create(cardNumber, context, idempotencyKey) {
      const card = await tokenizer.create(cardNumber, context, idempotencyKey);
      if (!card.created && card.isReplay !== true) {
        await budgets.spend('creation-of-existing', context.caller, context.deadlineMs);
      }
      return card;
    },

    lookup: (cardNumber, context) =>
      withinBudget(budgets, 'lookup-miss', context, {
        work: (limited) => tokenizer.lookup(cardNumber, limited),
        isCounted: (error) => error instanceof CardNotFound,
      }),

    detokenize: (cardReference, context) =>
      withinBudget(budgets, 'detokenize-refusal', context, {
        work: (limited) => tokenizer.detokenize(cardReference, limited),
        isCounted: (error) => error instanceof ReferenceNotFound || error instanceof InvalidInput,
      }),
  };
}

/** Takes one unit for a text that is not a reference, and rejects with the reason. */
export async function refuseReference(
  budgets: CallerBudgets,
  { caller, deadlineMs }: Pick<RequestContext, 'caller' | 'deadlineMs'>,
  reason: InvalidInput,
): Promise<never> {
  budgets.assertOpen('detokenize-refusal', caller);
  await budgets.spend('detokenize-refusal', caller, deadlineMs);
  throw reason;
}

async function withinBudget<Answer>(
  budgets: CallerBudgets,
  kind: BudgetKind,
  context: RequestContext,
  read: {
    readonly work: (context: RequestContext) => Promise<Answer>;
    readonly isCounted: (error: unknown) => boolean;
  },
): Promise<Answer> {
  const { caller } = context;
  budgets.assertOpen(kind, caller);
  const budget = budgets.of(kind, caller);
  try {
    return await read.work(budget === undefined ? context : { ...context, budget });
  } catch (error) {
    if (error instanceof CallerBudgetSpent) throw budgets.close(kind, caller, error.retryAfterSeconds);
    if (read.isCounted(error)) await budgets.spend(kind, caller, context.deadlineMs);
    throw error;
  }
}
