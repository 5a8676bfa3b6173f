import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import type { SimulatorTime } from '../../../scripts/simulator/simulator-time.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { simulatorTimeOf } from '../../support/simulator-time.ts';

export interface PausedTime {
  /** For the suite. Its pauses take no time of the machine. */
  readonly clock: Clock;
  /** For the simulator. It moves only when the suite pauses, so no result depends on speed. */
  readonly time: SimulatorTime;
}

export function pausedTime(): PausedTime {
  const clock = new FakeClock();
  return {
    clock: { monotonicMs: () => clock.monotonicMs(), sleep: (durationMs) => clock.advance(durationMs) },
    time: simulatorTimeOf(clock),
  };
}
