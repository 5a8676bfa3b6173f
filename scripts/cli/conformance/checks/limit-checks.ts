import { BURST, type BurstResult, burstUntilRefused, MAX_BURSTS, scopeOf } from '../../wire/burst-limit.ts';
import { type Check, failed, notTried, passed, type Verdict } from '../check.ts';
import type { SuiteContext } from '../suite-context.ts';

/** Added to Retry-After, because TOME can round it. */
const MARGIN_MS = 1_000;

/** The rate limit, which takes hundreds of calls: only tried when `isAsked`. */
export function limitChecks(isAsked: boolean): readonly Check[] {
  let result: BurstResult | null = null;
  const run = async (context: SuiteContext): Promise<Verdict> => {
    if (!isAsked) return notTried('it takes hundreds of calls at once: ask for it with --rate');
    result = await burstUntilRefused((requests) => context.wire.burst(requests), {
      cardNumber: context.freshSource('ns1'),
      internalToken: context.stock.ns1.take(),
    });
    const { sent, refused, withRetryAfter, retryAfterSeconds } = result;
    if (refused === 0) return notTried(`none of ${sent} calls at once was refused`);
    if (withRetryAfter < refused)
      return failed(`${refused - withRetryAfter} of ${refused} refusals have no Retry-After`);
    await context.clock.sleep(retryAfterSeconds * 1_000 + MARGIN_MS);
    const after = await context.wire.callUnrecorded({
      namespace: 'ns1',
      operation: 'lookup',
      body: { source: context.freshSource('ns1') },
    });
    return after.status === 429
      ? failed('a call after Retry-After was refused again')
      : passed(`${refused} of ${sent} calls were refused, for ${retryAfterSeconds} s`);
  };
  return [
    {
      id: 'rate-limit',
      sentence: 'A call above the rate limit is answered 429 with Retry-After, and accepted after it.',
      line: 'limits.callsPerSecond',
      remedy: 'TOME, or the gateway in front of it, must answer 429 with Retry-After in seconds.',
      needs: [],
      calls: isAsked ? MAX_BURSTS * BURST + 1 : 0,
      run,
    },
    {
      id: 'rate-scope',
      sentence: 'The rate limit counts the calls that the profile says.',
      line: 'limits.scope',
      remedy: 'Set limits.scope to what the limit counts: endpoint, namespace or all.',
      needs: ['rate-limit'],
      calls: 0,
      run: async ({ profile: { limits } }) => {
        const scope = result === null ? null : scopeOf(result);
        if (scope === null) return notTried('no call was refused');
        return scope === limits.scope ? passed() : failed(`the limit counts the calls of: ${scope}`);
      },
    },
  ];
}
