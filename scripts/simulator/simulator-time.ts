/** The clock of the simulator. */
export interface SimulatorTime {
  /** Monotonic milliseconds. */
  monotonicMs(): number;
  /** Milliseconds since 1970. */
  dateMs(): number;
  /** Runs `work` after `delayMs`. Returns a function that cancels it. */
  after(delayMs: number, work: () => void): () => void;
}

/** The clock of the process. */
export const systemTime: SimulatorTime = {
  monotonicMs: () => performance.now(),
  dateMs: () => Date.now(),
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};
