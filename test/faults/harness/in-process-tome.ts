import { randomUUID } from 'node:crypto';
import type { Random } from '../../../lambdas/tokenization/ports/clock.ts';
import type { Tome } from '../../../lambdas/tokenization/ports/tome.ts';
import type { Answer, Reply } from '../../../lambdas/tome/client/http-exchange.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { readableRefusal } from '../../../lambdas/tome/contract/contract.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { operations } from '../../../scripts/simulator/operations.ts';
import type { Simulator } from '../../../scripts/simulator/simulator.ts';

/**
 * Calls the operations of the simulator without HTTP, which takes about nine tenths of the time of
 * a random interleaving. The interceptors inject what HTTP can do to a call. Single faults and the
 * process trials use HTTP. `random` decides the form of invalid items.
 */
export function createInProcessTome(
  { vaults, switches, faults }: Simulator,
  random: Random,
  profile: TomeProfile,
): Tome {
  return createHttpTome(
    {
      async call(namespace, operation, body, _call, read) {
        const outcome = operations[operation](
          {
            vault: vaults[namespace],
            otherVault: vaults[namespace === 'ns1' ? 'ns2' : 'ns1'],
            switches: switches(),
            random,
            nowMs: Date.now(),
            requestId: randomUUID(),
            fault: faults.strike(namespace, operation),
          },
          body as never,
        );
        const reply =
          outcome.status === 200
            ? { status: 200 as const, answer: read(outcome.body as Answer<typeof operation>) }
            : ({ status: outcome.status, refusal: readableRefusal.parse(outcome.body) } as Reply<never>);
        return { reply, attempts: 1 };
      },
      assertAdmits: () => undefined,
    },
    profile,
  );
}
