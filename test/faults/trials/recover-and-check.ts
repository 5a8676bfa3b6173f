import { readDatabase } from '../checker/evidence.ts';
import type { Violation } from '../checker/invariants.ts';
import { judge } from '../checker/invariants.ts';
import { untouched } from '../harness/interceptor.ts';
import { startProcess } from '../harness/process-under-test.ts';
import { detokenizeAs, lookupAs } from '../harness/recorded-client.ts';
import type { World } from '../harness/world.ts';

/** Recovery, and the checker's verdict on what it left. That recovery itself fails is a violation too. */
export async function bringToRest(world: World, poolTarget: number): Promise<Violation[]> {
  try {
    await recover(world, poolTarget);
    return await verdict(world, true);
  } catch (error) {
    return [surprise('recovery', error)];
  }
}

/** Something that nobody expects, whatever struck. */
export const surprise = (where: string, error: unknown): Violation => ({
  invariant: 'no surprise',
  says: `${where}: ${error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'}`,
});

/** What operation brings the world to rest: late effects arrive, the jobs run once more, undisturbed. */
async function recover(world: World, poolTarget: number): Promise<void> {
  await world.deferred.arriveAll();
  const jobs = startProcess(world, untouched);
  await world.sql`UPDATE job_lease SET expires_at = now() - interval '1 second'`;
  await jobs.prefetch(poolTarget);
  await jobs.settle(-1);
  await jobs.relay();
}

/** Every reference that a client was given must still work through the product itself, in both directions. */
async function readBack(world: World): Promise<Violation[]> {
  const reader = startProcess(world, untouched);
  const given = new Map(
    world.answers.flatMap(({ operation, status, card, reference }) =>
      operation !== 'detokenize' && status < 300 && card !== undefined && reference !== undefined
        ? [[reference, card] as const]
        : [],
    ),
  );
  const violations: Violation[] = [];
  for (const [reference, card] of given) {
    const answered = world.answers.length;
    await detokenizeAs(reader, world, reference);
    await lookupAs(reader, world, card);
    const [shown, found] = world.answers.slice(answered);
    if (shown?.card !== card || found?.reference !== reference) {
      violations.push({
        invariant: 'I4 every reference given out leads to its card and back, for ever',
        says: `reference ${reference} is read as ${shown?.code ?? 'a card'} and found as ${found?.code ?? 'a reference'}`,
      });
    }
  }
  await reader.relay();
  return violations;
}

/** The checker's verdict on the world as it stands. */
export async function verdict(world: World, isAtRest: boolean): Promise<Violation[]> {
  const unread = isAtRest ? await readBack(world) : [];
  const { ns1, ns2 } = world.simulator.vaults;
  const judged = judge(
    {
      ...(await readDatabase(world.sql)),
      tome: {
        ns1: new Map(ns1.bindings()),
        ns2: new Map(ns2.bindings()),
        issued: {
          ns1: ns1.issuedTokens().map(({ token }) => token),
          ns2: ns2.issuedTokens().map(({ token }) => token),
        },
      },
      answers: world.answers,
      events: world.events,
      disclosures: world.disclosures,
      dispatches: world.dispatches,
      claims: world.claims,
      keyed: world.keyed,
      restored: world.restores.includes('unfenced') ? 'unfenced' : (world.restores.at(-1) ?? 'never'),
      output: '',
    },
    isAtRest,
  );
  return [...unread, ...judged];
}
