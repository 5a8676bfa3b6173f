import type { Clock } from '../../lambdas/tokenization/ports/clock.ts';
import type { SimulatorTime } from '../../scripts/simulator/simulator-time.ts';

const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Makes a simulator use the clock of a test. */
export const simulatorTimeOf = (clock: Clock): SimulatorTime => ({
  monotonicMs: () => clock.monotonicMs(),
  dateMs: () => EPOCH_MS + clock.monotonicMs(),
  after(delayMs, work) {
    let isCancelled = false;
    void clock.sleep(delayMs).then(() => {
      if (!isCancelled) work();
    });
    return () => {
      isCancelled = true;
    };
  },
});
