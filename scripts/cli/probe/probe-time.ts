/** What the probe knows of time. */
export interface ProbeTime {
  /** Milliseconds that only ever grow; answers are timed by them. */
  monotonicMs(): number;
  /** Milliseconds since 1970; tokens' expiry is compared with them. */
  dateMs(): number;
}

/** The process's own time. */
export const systemTime: ProbeTime = { monotonicMs: () => performance.now(), dateMs: () => Date.now() };
