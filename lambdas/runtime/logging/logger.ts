import { Logger } from '@aws-lambda-powertools/logger';
import { redactedLogValue } from './redacted-log-value.ts';

/**
 * The process's logger. Fields are given with each line and never kept on the logger: several requests
 * may be under way in one process. What is logged is chosen field by field; events, bodies and settings
 * are never logged whole. Whatever is logged all the same passes `redactedLogValue`.
 */
export const logger = new Logger({ serviceName: 'card-tokenization-pool', jsonReplacerFn: redactedLogValue });

/** Audit records are written whatever level the other lines are filtered to (invariant I14). */
export const auditLogger = new Logger({
  serviceName: 'card-tokenization-pool-audit',
  logLevel: 'INFO',
  jsonReplacerFn: redactedLogValue,
});
