/**
 * AWS list prices in US dollars for us-east-1, without free tier and discounts, as published on 25
 * November 2026. Check them before you base a decision on them.
 */
export const PRICES = {
  auroraAcuHour: 0.12,
  auroraStorageGbMonth: 0.1,
  auroraBackupGbMonth: 0.021,
  auroraMillionIo: 0.2,
  /** For each ACU of the database behind it, and at least for eight. */
  proxyAcuHour: 0.015,
  proxyLeastAcu: 8,
  /** Price of an interface endpoint in one zone. */
  endpointHour: 0.01,
  lambdaMillionRequests: 0.2,
  lambdaArmGbSecond: 0.000_013_333_4,
  /** Price of provisioned concurrency, used or not. Its invocations cost less. */
  lambdaArmWarmGbSecond: 0.000_003_333_4,
  lambdaArmWarmDurationGbSecond: 0.000_007_777_8,
  apiMillionRequests: 3.5,
  wafAcl: 5,
  wafRule: 1,
  wafMillionRequests: 0.6,
  key: 1,
  keyMillionRequests: 3,
  secret: 0.4,
  alarmMetric: 0.1,
  metric: 0.3,
  dashboard: 3,
  metricsMillionRequests: 10,
  logIngestedGb: 0.5,
  logStoredGbMonth: 0.03,
  logMaskedGb: 0.12,
  queueMillionRequests: 0.4,
  schedulerMillionStarts: 1,
  traceMillion: 5,
} as const;

export const HOURS_OF_MONTH = 730;
export const DAYS_OF_MONTH = 30;
