import { fenceRestored } from '../../../lambdas/pool/pool-jobs.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { Random } from '../../../lambdas/tokenization/ports/clock.ts';
import { InternalTokenUnacceptable } from '../../../lambdas/tokenization/tome-errors.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { restoreBackup, takeBackup } from '../harness/backup.ts';
import { stepDatabaseClock } from '../harness/database-clock.ts';
import { outsideCall } from '../harness/outside-call.ts';
import type { TrialOperation } from './random-operation.ts';

/** Which events an interleaving can have beside requests, jobs and faults. Drawn once for each. */
export interface RecoveryEvents {
  /** The database is set back, as by a restore or by the promotion of a late replica. */
  readonly restoresDatabase: boolean;
  /** NS1 and NS2 issue tokens that they issued before. */
  readonly issuesTokensTwice: boolean;
  /** The clock of the database is set ahead or back. */
  readonly setsClock: boolean;
}

const RATE = 0.15;

export const chooseRecoveryEvents = (random: Random): RecoveryEvents => ({
  restoresDatabase: random() < 0.25,
  issuesTokensTwice: random() < 0.4,
  setsClock: random() < 0.25,
});

/** Draws an event, or `null` for an ordinary operation. An event is one step, alone. */
export function randomRecoveryEvent(
  random: Random,
  { restoresDatabase, issuesTokensTwice, setsClock }: RecoveryEvents,
  poolTarget: number,
): TrialOperation | null {
  const chance = random();
  const which = random();
  const detail = random();
  if (chance >= RATE) return null;
  if (setsClock && which >= 0.7) return setClock(CLOCK_STEPS_HOURS[Math.floor(detail * CLOCK_STEPS_HOURS.length)] ?? 0);
  if (restoresDatabase && which < 0.6) return detail < 0.5 ? backup : restore(which < 0.3 ? 'fenced' : 'unfenced');
  if (issuesTokensTwice)
    return detail < 0.5 ? failedBetweenNamespaces(1 + Math.floor(which * 8)) : issueAgain(which, poolTarget);
  return null;
}

/** Longer than any lease, so that recovery does not wait for one to end. */
const CLOCK_STEPS_HOURS = [-72, -1, 1, 72] as const;

const setClock = (hours: number): TrialOperation => ({
  name: `the database's clock is set by ${hours} hours`,
  run: (process, world) => process.step('clock', () => stepDatabaseClock(world.sql, hours * 3_600)),
});

const backup: TrialOperation = {
  name: 'a backup is taken',
  run: (process, world) => process.step('backup', () => takeBackup(world)),
};

const restore = (kind: 'fenced' | 'unfenced'): TrialOperation => ({
  name: `the database is restored, ${kind}`,
  run: (process, world) =>
    process.step('restore', async () => {
      const [found] = await world.sql`SELECT to_regclass('backup.pair') IS NOT NULL AS "exists"`;
      if (found?.['exists'] !== true) return;
      await restoreBackup(world);
      world.restores.push(kind);
      if (kind === 'fenced') await fenceRestored(world.sql);
    }),
});

/**
 * A creation on the direct path fails after NS1, so NS1 knows a card that is not stored. An earlier
 * fault can have bound the card to a token that no pair can contain.
 */
const failedBetweenNamespaces = (card: number): TrialOperation => ({
  name: `a creation of card ${card} fails between the namespaces`,
  run: (process, world) =>
    process.step('ns1 binds a card', async () => {
      const call = outsideCall('it fails');
      await world.tome.ns1.tokenize(CardNumber.parse(madeUpCard(card)), null, call).catch((error: unknown) => {
        if (!(error instanceof InternalTokenUnacceptable)) throw error;
      });
    }),
});

const issueAgain = (which: number, poolTarget: number): TrialOperation => ({
  name: 'a prefetch gets tokens that were issued before',
  async run(process, world) {
    const namespace = which < 0.5 ? 'ns1' : 'ns2';
    world.simulator.faults.order({ operation: 'prefetch', namespace, kind: 'wrong-token', count: 1 });
    await process.prefetch(poolTarget + 2);
  },
});
