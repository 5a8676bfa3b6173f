import { Logger } from '@aws-lambda-powertools/logger';

/**
 * The process's logger. Fields are given with each line and never kept on the logger: several requests may be under way in one
 * process. What is logged is chosen field by field; events, bodies and settings are never logged whole.
 */
export const logger = new Logger({ serviceName: 'card-tokenization-pool' });

/** Audit records are written whatever level the other lines are filtered to (invariant I14). */
export const auditLogger = new Logger({ serviceName: 'card-tokenization-pool-audit', logLevel: 'INFO' });
