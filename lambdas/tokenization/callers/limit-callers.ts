import { CallerBudgetSpent, CardNotFound, InvalidInput, ReferenceNotFound } from '../errors.ts';
import type { BudgetKind } from '../ports/budget-ledger.ts';
import type { RequestContext, Tokenizer } from '../tokenizer.ts';
import type { CallerBudgets } from './caller-budgets.ts';

/**
 * The same tokenizer, within each caller's budgets.
 *
 * A caller whose budget of misses is spent gets no answer to a lookup, not even to one that would find a reference: the answer
 * to the others would tell which one it was. The pool's own read says so too (`RequestContext.budget`), because another
 * instance may have spent the last unit while this one was asking TOME.
 *
 * A creation that turns out to exist is refused beyond its budget, and one that is new is not: an honest caller goes on. A
 * replay of an Idempotency-Key tells nothing new and is free. `lookupOrTokenize` has no budget: to find is what it is for, and what it
 * does not find it creates, with an event for each.
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

/** Takes a unit of the caller's budget for a text that is no reference, and gives back the reason of the refusal. */
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
