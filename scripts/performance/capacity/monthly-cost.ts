import type { DeployedParts } from './deployed-parts.ts';
import { DAYS_OF_MONTH, HOURS_OF_MONTH, PRICES } from './prices.ts';

export interface Load {
  readonly cardsPerDay: number;
  /** Stored pairs of earlier months. They are never deleted. */
  readonly storedPairs: number;
}

/** Figures that this command measures. */
export interface UnitFigures {
  readonly bytesPerPair: number;
  /** Log and metric lines of one create and one detokenize together, and of one run of a job. */
  readonly logBytesPerCard: number;
  readonly logBytesPerJobRun: number;
}

export interface CostLine {
  readonly what: string;
  readonly dollars: number;
  /** The calculation, with its figures and units. */
  readonly because: string;
}

/** Assumptions that are not measured on AWS. */
export const ASSUMED = {
  requestsPerCard: 2,
  secondsPerRequest: 0.065,
  requestGb: 1,
  jobGb: 0.5,
  jobSeconds: 0.2,
  /**
   * Aurora writes of stage, activate, reserve, mark used and relay, and reads of index leaves that
   * are not in memory.
   */
  iosPerCard: 18,
  /** Bytes that AWS writes for a request: the platform line and the access log of the gateway. */
  platformBytesPerRequest: 900,
  flowLogGb: 1,
  /** Metrics of each domain: counters and durations by their dimensions, and gauges. */
  metricsPerDomain: 110,
  sampledTraces: 0.05,
  ioOfIdleMillions: 1,
} as const;

/** Health, settling and relay, once a minute each. */
const JOBS_EACH_MINUTE = 3;

/**
 * Computes the cost of a month of one environment, line by line. All cards belong to one domain:
 * the fixed cost is that of all domains, and the usage that of one.
 */
export function monthlyCost(parts: DeployedParts, load: Load, units: UnitFigures): readonly CostLine[] {
  const cards = load.cardsPerDay * DAYS_OF_MONTH;
  const requests = cards * ASSUMED.requestsPerCard;
  const jobRuns = parts.domains * JOBS_EACH_MINUTE * 60 * HOURS_OF_MONTH;
  const gb = ((load.storedPairs + cards / 2) * units.bytesPerPair) / 1e9;
  const logGb =
    (cards * units.logBytesPerCard +
      requests * ASSUMED.platformBytesPerRequest +
      jobRuns * (units.logBytesPerJobRun + ASSUMED.platformBytesPerRequest)) /
      1e9 +
    ASSUMED.flowLogGb;
  const requestGbSeconds = requests * ASSUMED.secondsPerRequest * ASSUMED.requestGb;
  const jobGbSeconds = jobRuns * ASSUMED.jobSeconds * ASSUMED.jobGb;
  const proxyAcu = Math.max(PRICES.proxyLeastAcu, parts.acuBehindProxy);
  const metrics = parts.domains * ASSUMED.metricsPerDomain;
  const ios = ASSUMED.ioOfIdleMillions * parts.domains + (cards * ASSUMED.iosPerCard) / 1e6;
  const warm = parts.warmGb * HOURS_OF_MONTH * 3_600;
  const perRequestGbSecond = parts.warmGb > 0 ? PRICES.lambdaArmWarmDurationGbSecond : PRICES.lambdaArmGbSecond;
  return [
    line('Aurora, minimum capacity', [parts.auroraLeastAcu, 'ACU'], [HOURS_OF_MONTH, 'h'], [PRICES.auroraAcuHour]),
    line('Aurora storage and its backup', [gb, 'GB'], [PRICES.auroraStorageGbMonth + PRICES.auroraBackupGbMonth]),
    line('Aurora I/O', [ios, 'million'], [PRICES.auroraMillionIo]),
    line('RDS Proxy', [parts.proxies, 'proxies'], [proxyAcu, 'ACU'], [HOURS_OF_MONTH, 'h'], [PRICES.proxyAcuHour]),
    line('Interface endpoints', [parts.endpoints, 'in zones'], [HOURS_OF_MONTH, 'h'], [PRICES.endpointHour]),
    line('Lambda kept warm', [warm / 1e6, 'million GB-s'], [PRICES.lambdaArmWarmGbSecond * 1e6]),
    line('Lambda of requests', [requestGbSeconds / 1e6, 'million GB-s'], [perRequestGbSecond * 1e6]),
    line('Lambda of jobs', [jobGbSeconds / 1e6, 'million GB-s'], [PRICES.lambdaArmGbSecond * 1e6]),
    line('Lambda invocations', [(requests + jobRuns) / 1e6, 'million'], [PRICES.lambdaMillionRequests]),
    line('API Gateway', [requests / 1e6, 'million'], [PRICES.apiMillionRequests]),
    line('WAF, fixed', [parts.webAcls * PRICES.wafAcl + parts.webAclRules * PRICES.wafRule, 'ACLs and rules'], [1]),
    line('WAF of requests', [requests / 1e6, 'million'], [PRICES.wafMillionRequests]),
    line('KMS keys', [parts.keys, 'keys'], [PRICES.key]),
    line('Secrets', [parts.secrets, 'secrets'], [PRICES.secret]),
    line('Metrics', [metrics, 'metrics'], [PRICES.metric]),
    line('Alarms', [parts.alarmMetrics, 'alarm metrics'], [PRICES.alarmMetric]),
    line('Dashboards', [parts.dashboards, 'dashboards'], [PRICES.dashboard]),
    line('Logs', [logGb, 'GB'], [PRICES.logIngestedGb + PRICES.logMaskedGb + PRICES.logStoredGbMonth]),
    line('SQS', [cards / 10 / 1e6, 'million batches'], [PRICES.queueMillionRequests]),
    line('Scheduler', [jobRuns / 1e6, 'million'], [PRICES.schedulerMillionStarts]),
    line('Traces', [(requests * ASSUMED.sampledTraces) / 1e6, 'million'], [PRICES.traceMillion]),
  ];
}

type Factor = readonly [value: number, unit?: string];

function line(what: string, ...factors: readonly Factor[]): CostLine {
  return {
    what,
    dollars: factors.reduce((product, [value]) => product * value, 1),
    because: factors.map(([value, unit]) => `${figure(value)}${unit === undefined ? '' : ` ${unit}`}`).join(' x '),
  };
}

const figure = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 4 });

export const totalOf = (lines: readonly CostLine[]): number => lines.reduce((sum, { dollars }) => sum + dollars, 0);
