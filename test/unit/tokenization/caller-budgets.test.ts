import { expect, test } from 'vitest';
import { CallerBudgets } from '../../../lambdas/tokenization/callers/caller-budgets.ts';
import { CallerBudgetSpent, StoreUnavailable } from '../../../lambdas/tokenization/errors.ts';
import type { BudgetLedger } from '../../../lambdas/tokenization/ports/budget-ledger.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ISSUING = { account: '555555555555', principal: 'role/issuing', session: 'one' };
const LIMITS = { 'lookup-miss': 3, 'detokenize-refusal': 1, 'creation-of-existing': 0 } as const;

function budgetsOver(ledger: BudgetLedger | null) {
  const clock = new FakeClock();
  const events: string[] = [];
  const budgets = new CallerBudgets({
    limits: LIMITS,
    windowSeconds: 60,
    ledger,
    clock,
    report: (event, kind) => void events.push(`${event} ${kind}`),
  });
  return { budgets, clock, events };
}

/** How many of `attempts` units a caller gets. */
async function unitsOf(budgets: CallerBudgets, attempts: number, caller = ISSUING): Promise<number> {
  let granted = 0;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      await budgets.spend('lookup-miss', caller);
      granted += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(CallerBudgetSpent);
    }
  }
  return granted;
}

const DOWN: BudgetLedger = { spend: () => Promise.reject(new StoreUnavailable(new Error('down'))) };

test.each([
  ['without a database', null],
  ['while the database is down', DOWN],
])('%s each process counts with the same limit, and one unit at a time becomes free', async (_when, ledger) => {
  const { budgets, clock } = budgetsOver(ledger);
  expect(await unitsOf(budgets, 10)).toBe(3);
  await clock.advance(19_999);
  expect(await unitsOf(budgets, 10)).toBe(0);
  await clock.advance(1);
  expect(await unitsOf(budgets, 10)).toBe(1);
  await clock.advance(600_000);
  expect(await unitsOf(budgets, 10)).toBe(3);
});

test('a caller with a spent budget is refused without a query until a unit is free', async () => {
  let queries = 0;
  const { budgets, clock, events } = budgetsOver({ spend: async () => (++queries > 1 ? 20 : 0) });
  await budgets.spend('lookup-miss', ISSUING);
  budgets.assertOpen('lookup-miss', ISSUING);
  await expect(budgets.spend('lookup-miss', ISSUING)).rejects.toMatchObject({ retryAfterSeconds: 20 });
  await clock.advance(7_500);
  expect(() => budgets.assertOpen('lookup-miss', ISSUING)).toThrow(CallerBudgetSpent);
  // Another session of the role is the same caller. Another kind, role or account has its own
  // budget.
  expect(() => budgets.assertOpen('lookup-miss', { ...ISSUING, session: 'two' })).toThrow(CallerBudgetSpent);
  budgets.assertOpen('detokenize-refusal', ISSUING);
  budgets.assertOpen('lookup-miss', { ...ISSUING, principal: 'role/billing' });
  budgets.assertOpen('lookup-miss', { ...ISSUING, account: '666666666666' });
  await clock.advance(12_500);
  budgets.assertOpen('lookup-miss', ISSUING);
  expect(queries).toBe(2);
  expect(events).toEqual(['taken lookup-miss', ...Array.from({ length: 3 }, () => 'spent lookup-miss')]);
});

test('a limit of 0 means no limit: the process counts nothing and makes no query', async () => {
  const { budgets, events } = budgetsOver(DOWN);
  expect(budgets.of('creation-of-existing', ISSUING)).toBeUndefined();
  await budgets.spend('creation-of-existing', ISSUING);
  expect(events).toEqual([]);
});

test('an error of the ledger that is not an outage fails the request', async () => {
  const { budgets } = budgetsOver({ spend: () => Promise.reject(new Error('a bug')) });
  await expect(budgets.spend('lookup-miss', ISSUING)).rejects.toThrow('a bug');
});
