import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import type { TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';

/** How long a call may take. Long, and not endless, because a timer needs a finite time. */
const TIMEOUT_MS = 240_000;

/** A call to TOME that the harness makes itself, outside the processes under test. */
export const outsideCall = (correlationId: string, lane: TomeCall['lane'] = 'live'): TomeCall => ({
  deadlineMs: systemClock.monotonicMs() + TIMEOUT_MS,
  lane,
  correlationId,
});
