interface Threshold {
  /** An alarm is raised above this. */
  readonly fallback: number;
  readonly most: number;
  readonly unit: string;
}

/**
 * The alarms whose thresholds an environment may change, by their names. The other alarms are
 * raised by the first event, or their thresholds follow from settings and schedules.
 */
export const ALARM_THRESHOLDS = {
  'api-errors': { fallback: 1, most: 100, unit: '% of the requests in five minutes' },
  'api-latency': { fallback: 1_000, most: 29_000, unit: 'ms, 99th percentile' },
  'caller-refusals': { fallback: 150, most: 1_000_000, unit: 'answers in an hour to one account' },
  'database-at-capacity': { fallback: 90, most: 100, unit: '% of the largest capacity' },
  'database-busy': { fallback: 80, most: 100, unit: '% of the processors' },
  'detokenize-unusual': { fallback: 3_000, most: 1_000_000, unit: 'requests in a minute' },
  'detokenize-unusual-for-the-hour': { fallback: 4, most: 100, unit: 'standard deviations above the usual' },
  'direct-invocation': { fallback: 5, most: 1_000_000, unit: 'invocations past the API in 15 minutes' },
  'direct-path-share': { fallback: 5, most: 100, unit: '% of the creations in five minutes' },
  'proxy-slow': { fallback: 100, most: 60_000, unit: 'ms for a connection, on average' },
  'purge-behind': { fallback: 3_600, most: 604_800, unit: 's' },
  'quarantine-growing': { fallback: 1_000, most: 1_000_000, unit: 'pairs in an hour' },
  'requests-forbidden': { fallback: 20, most: 1_000_000, unit: 'requests in five minutes' },
  'token-requests-failed': { fallback: 2, most: 1_000_000, unit: 'requests in five minutes' },
  'tokens-leaked': { fallback: 25_000, most: 1_000_000_000, unit: 'tokens in a day' },
  'tome-rate-limited': { fallback: 60, most: 1_000_000, unit: 'refused calls in a minute' },
} as const satisfies Readonly<Record<string, Threshold>>;

export type AlarmName = keyof typeof ALARM_THRESHOLDS;
export type Thresholds = Readonly<Record<AlarmName, number>>;

const DEFAULTS = Object.fromEntries(
  Object.entries(ALARM_THRESHOLDS).map(([name, { fallback }]) => [name, fallback]),
) as Thresholds;

/** The thresholds of a domain: those that it changes, and the defaults. */
export const thresholdsOf = ({ alarms }: { readonly alarms?: Partial<Thresholds> }): Thresholds => ({
  ...DEFAULTS,
  ...alarms,
});

/** Thresholds that no alarm has, or that it could never exceed, one sentence each. */
export const thresholdFaults = (alarms: Partial<Thresholds> = {}): readonly string[] =>
  Object.entries(alarms).flatMap(([name, value]) => {
    const known: Readonly<Record<string, Threshold>> = ALARM_THRESHOLDS;
    const threshold = known[name];
    if (threshold === undefined) return [`alarms.${name} is no alarm with a threshold.`];
    const isUsable = Number.isFinite(value) && value > 0 && value <= threshold.most;
    return isUsable ? [] : [`alarms.${name} must be a number above 0, and at most ${threshold.most}.`];
  });
