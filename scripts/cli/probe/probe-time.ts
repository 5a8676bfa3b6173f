/** The clocks of the probe. */
export interface ProbeTime {
  /** Monotonic milliseconds, to measure how long answers take. */
  monotonicMs(): number;
  /** Milliseconds since 1970, to compare with the expiry of tokens. */
  dateMs(): number;
}

/** The clocks of this process. */
export const systemTime: ProbeTime = { monotonicMs: () => performance.now(), dateMs: () => Date.now() };
