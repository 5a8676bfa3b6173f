import { readDatabase } from '../checker/evidence.ts';
import { findViolations, REFERENCES_RESOLVE, type Violation } from '../checker/invariants.ts';
import { noFaults } from '../harness/interceptor.ts';
import { startProcess } from '../harness/process-under-test.ts';
import { detokenizeAs, lookupAs } from '../harness/recorded-client.ts';
import type { World } from '../harness/world.ts';

/** Runs recovery without faults, and then the checker. An error of recovery is a violation too. */
export async function recoverAndCheck(world: World, poolTarget: number): Promise<Violation[]> {
  try {
    await recover(world, poolTarget);
    return await checkWorld(world, true);
  } catch (error) {
    return [unexpectedError('recovery', error)];
  }
}

/** The violation for an error that no fault explains. */
export const unexpectedError = (where: string, error: unknown): Violation => ({
  invariant: 'no unexpected error',
  message: `${where}: ${error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'}`,
});

/** Brings the world to rest: late effects arrive, leases end, and each job runs once. */
async function recover(world: World, poolTarget: number): Promise<void> {
  await world.lateEffects.arriveAll();
  const jobs = startProcess(world, noFaults);
  await world.sql`UPDATE job_lease SET expires_at = now() - interval '1 second'`;
  await jobs.prefetch(poolTarget);
  await jobs.settle(-1);
  await jobs.relay();
}

/** Reads every returned reference through the product, in both directions. */
async function readBack(world: World): Promise<Violation[]> {
  const reader = startProcess(world, noFaults);
  const returned = new Map(
    world.answers.flatMap(({ operation, status, card, reference }) =>
      operation !== 'detokenize' && status < 300 && card !== undefined && reference !== undefined
        ? [[reference, card] as const]
        : [],
    ),
  );
  const violations: Violation[] = [];
  for (const [reference, card] of returned) {
    const answered = world.answers.length;
    await detokenizeAs(reader, world, reference);
    await lookupAs(reader, world, card);
    const [detokenized, found] = world.answers.slice(answered);
    if (detokenized?.card !== card || found?.reference !== reference) {
      const [byReference, byCard] = [detokenized?.code ?? 'a card', found?.code ?? 'a reference'];
      violations.push({
        invariant: REFERENCES_RESOLVE,
        message: `reference ${reference}: detokenize answered ${byReference}, and lookup of its card ${byCard}`,
      });
    }
  }
  await reader.relay();
  return violations;
}

/** Runs the checker. At rest, every returned reference is read back first. */
export async function checkWorld(world: World, isAtRest: boolean): Promise<Violation[]> {
  const unreadable = isAtRest ? await readBack(world) : [];
  const { ns1, ns2 } = world.simulator.vaults;
  const violations = findViolations(
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
      events: world.events.map((event) => ({ ...event, cardReferenceId: String(event['cardReferenceId']) })),
      disclosures: world.disclosures,
      dispatches: world.dispatches,
      claims: world.claims,
      keyUses: world.keyUses,
      forms: [{ profile: world.profile, referenceFormat: 'card-networks' }],
      restored: world.restores.includes('unfenced') ? 'unfenced' : (world.restores.at(-1) ?? 'never'),
      output: world.output.join('\n'),
    },
    isAtRest,
  );
  return [...unreadable, ...violations];
}
