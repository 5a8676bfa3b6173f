import { Logger } from '@aws-lambda-powertools/logger';
import { redactedLogValue } from './redacted-log-value.ts';

/**
 * The logger of the process. Fields are passed with each line and not stored on the logger, because
 * one process can serve several requests at once. Code chooses each logged field; it never logs a
 * whole event, body or settings object. `redactedLogValue` additionally checks every value.
 */
export const logger = new Logger({ serviceName: 'card-tokenization-pool', jsonReplacerFn: redactedLogValue });

/** The log level of other lines does not filter audit records (docs/design.md#i14). */
export const auditLogger = new Logger({
  serviceName: 'card-tokenization-pool-audit',
  logLevel: 'INFO',
  jsonReplacerFn: redactedLogValue,
});
