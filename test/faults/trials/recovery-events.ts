import { fenceRestored } from '../../../lambdas/pool/pool-jobs.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { restoreBackup, takeBackup } from '../harness/backup.ts';
import { stepDatabaseClock } from '../harness/database-clock.ts';
import type { Operation } from './random-operation.ts';

type Random = () => number;

/** What a schedule may go through beside requests, jobs and faults. Decided once for each schedule. */
export interface Upheavals {
  /** The database is set back to an earlier state, as by a restore or by the promotion of a late replica. */
  readonly setsBack: boolean;
  /** NS1 and NS2 hand out tokens that they handed out before. */
  readonly handsOutTwice: boolean;
  /** The database's clock is set, ahead or back. */
  readonly setsClock: boolean;
}

const RATE = 0.15;

export const chooseUpheavals = (random: Random): Upheavals => ({
  setsBack: random() < 0.25,
  handsOutTwice: random() < 0.4,
  setsClock: random() < 0.25,
});

/** One upheaval, or `null` for an ordinary operation. Each is one step: no other actor goes on meanwhile. */
export function pickUpheaval(
  random: Random,
  { setsBack, handsOutTwice, setsClock }: Upheavals,
  poolTarget: number,
): Operation | null {
  const chance = random();
  const which = random();
  const detail = random();
  if (chance >= RATE) return null;
  if (setsClock && which >= 0.7) return setClock(CLOCK_STEPS[Math.floor(detail * CLOCK_STEPS.length)] ?? 0);
  if (setsBack && which < 0.6) return detail < 0.5 ? backup : restore(which < 0.3 ? 'fenced' : 'unfenced');
  if (handsOutTwice)
    return detail < 0.5 ? failedBetweenNamespaces(1 + Math.floor(which * 8)) : handOutAgain(which, poolTarget);
  return null;
}

/** Hours: longer than any lease, so that recovery need not wait for one to end. */
const CLOCK_STEPS = [-72, -1, 1, 72] as const;

const setClock = (hours: number): Operation => ({
  name: `the database's clock is set by ${hours} hours`,
  run: (process, world) => process.step('clock', () => stepDatabaseClock(world.sql, hours * 3_600)),
});

const backup: Operation = {
  name: 'a backup is taken',
  run: (process, world) => process.step('backup', () => takeBackup(world)),
};

const restore = (kind: 'fenced' | 'unfenced'): Operation => ({
  name: `the database is set back, ${kind}`,
  run: (process, world) =>
    process.step('restore', async () => {
      const [found] = await world.sql`SELECT to_regclass('backup.pair') IS NOT NULL AS "isThere"`;
      if (found?.['isThere'] !== true) return;
      await restoreBackup(world);
      world.restores.push(kind);
      if (kind === 'fenced') await fenceRestored(world.sql);
    }),
});

/** A direct creation that reached NS1 and failed before NS2: NS1 knows a card that the database does not. */
const failedBetweenNamespaces = (card: number): Operation => ({
  name: `a creation of card ${card} fails between the namespaces`,
  run: (process, world) =>
    process.step('ns1 binds a card', async () => {
      const call = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'it fails' } as const;
      await world.tome.ns1.tokenize(CardNumber.parse(madeUpCard(card)), null, call);
    }),
});

const handOutAgain = (which: number, poolTarget: number): Operation => ({
  name: 'a prefetch is given tokens that were handed out before',
  async run(process, world) {
    const namespace = which < 0.5 ? 'ns1' : 'ns2';
    world.simulator.faults.order({ operation: 'prefetch', namespace, kind: 'wrong-token', count: 1 });
    await process.prefetch(poolTarget + 2);
  },
});
