import type { Namespace } from '../../../../lambdas/tome/contract/contract.ts';
import { type Check, failed, notTried, passed, type Verdict } from '../check.ts';
import { CallFailed } from '../product-namespace.ts';
import type { SuiteContext } from '../suite-context.ts';

/** Milliseconds after which a call is given up: long enough to be sent, too short for an answer. */
const GIVEN_UP_AFTER_MS = 2;

/** Milliseconds in which a call that was given up can still take effect. */
const SETTLES_MS = 2_000;

/** What a call does whose answer comes after the deadline. */
export const timeOutCheck = (namespace: Namespace): Check => ({
  id: `${namespace}.given-up`,
  sentence: 'A call that was given up binds the named token or nothing, and can be repeated.',
  line: null,
  remedy: 'TOME must bind the named token or nothing, also when the connection is closed meanwhile.',
  needs: [`${namespace}.bind`, `${namespace}.lookup`],
  calls: 6,
  run: (context) => giveUp(context, namespace),
});

async function giveUp(
  { product, wire, stock, freshSource, clock }: SuiteContext,
  namespace: Namespace,
): Promise<Verdict> {
  const { tokenize, lookup } = product[namespace];
  const source = freshSource(namespace);
  const token = stock[namespace].take();
  // Opens a connection, so that the next request is written at once.
  await wire.call({ namespace, operation: 'lookup', body: { source } });
  const attempts = await attemptsUntilGivenUp(
    wire.callUnrecorded({
      namespace,
      operation: 'tokenize',
      body: { source, token },
      timeoutMs: GIVEN_UP_AFTER_MS,
    }),
  );
  if (attempts === null) return notTried(`TOME answered within ${GIVEN_UP_AFTER_MS} ms`);
  if (attempts === 0) return notTried(`the call could not be sent within ${GIVEN_UP_AFTER_MS} ms`);
  const atOnce = await lookup(source);
  await clock.sleep(SETTLES_MS);
  const later = await lookup(source);
  if ([atOnce, later].some((found) => found !== null && found !== token)) return failed('another token was bound');
  if (atOnce !== null && later === null) return failed('the binding disappeared');
  const again = await tokenize(source, token);
  if (again.token !== token || (await lookup(source)) !== token) return failed('the repeated call got another token');
  if (atOnce !== null) return passed('it had taken effect at once');
  return passed(later === null ? `it had no effect within ${SETTLES_MS} ms` : `it took effect within ${SETTLES_MS} ms`);
}

/** `null` when the call was answered in time. */
async function attemptsUntilGivenUp(call: Promise<unknown>): Promise<number | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof CallFailed) return error.failure.attempts;
    throw error;
  }
}
