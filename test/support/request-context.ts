import { systemClock } from '../../lambdas/runtime/system-clock.ts';
import type { RequestContext } from '../../lambdas/tokenization/tokenizer.ts';

/** The context of a request with ten minutes of time. */
export const requestContext = (): RequestContext => ({
  deadlineMs: systemClock.monotonicMs() + 600_000,
  correlationId: 'test',
  caller: { account: '555555555555', principal: 'role/test', session: null },
  origin: { sourceAddress: null, gatewayRequestId: null, gatewayExtendedRequestId: null, functionRequestId: null },
});
