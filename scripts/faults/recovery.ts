import { readDatabase } from './checker/evidence.ts';
import type { Violation } from './checker/invariants.ts';
import { judge } from './checker/invariants.ts';
import { untouched } from './interceptor.ts';
import { startProcess } from './process-under-test.ts';
import type { World } from './world.ts';

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

/** Every reference that a client was given must still work through the product itself, and be one call's worth of true. */
async function readBack(world: World): Promise<void> {
  const reader = startProcess(world, untouched);
  const given = new Map(
    world.answers.flatMap(({ operation, status, card, reference }) =>
      operation !== 'detokenize' && status < 300 && card !== undefined && reference !== undefined
        ? [[reference, card] as const]
        : [],
    ),
  );
  for (const [reference, card] of given) {
    const answer = await reader.tokenizer
      .detokenize(reference as never, reader.context())
      .then((number) => ({ operation: 'detokenize' as const, status: 200, card: number.reveal(), reference }))
      .catch(() => ({ operation: 'detokenize' as const, status: 404, reference }));
    world.answers.push(answer);
    if (answer.status !== 200) world.answers.push({ operation: 'create', status: 200, card, reference });
  }
  await reader.relay();
}

/** The checker's verdict on the world as it stands. */
export async function verdict(world: World, isAtRest: boolean): Promise<Violation[]> {
  if (isAtRest) await readBack(world);
  const { ns1, ns2 } = world.simulator.vaults;
  return judge(
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
      restored: world.restores.includes('unfenced') ? 'unfenced' : (world.restores.at(-1) ?? 'never'),
      output: '',
    },
    isAtRest,
  );
}
