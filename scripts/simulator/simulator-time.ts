/** What the simulator knows of time. */
export interface SimulatorTime {
  /** Milliseconds that only ever grow. */
  monotonicMs(): number;
  /** Milliseconds since 1970. */
  dateMs(): number;
  /** Does `work` after `delayMs`. Returns what cancels it. */
  after(delayMs: number, work: () => void): () => void;
}

/** The process's own time. */
export const systemTime: SimulatorTime = {
  monotonicMs: () => performance.now(),
  dateMs: () => Date.now(),
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};
