import { isWriteToClosedConnection } from './closed-connection-write.ts';
import { logger } from './logging/logger.ts';
import { asOwnError } from './own-error.ts';

/**
 * postgres.js 3.4.9 can write to a connection that was closed a moment before (the ROLLBACK of a transaction that died with it), from a timer
 * where nobody can catch it. The statement it belongs to is reported by its own deadline, so the process goes on; every other uncaught
 * error ends it, as it should. Found by the process trial.
 */
export function surviveDriverFault(): void {
  if (isInstalled) return;
  isInstalled = true;
  process.on('uncaughtException', (error) => {
    if (!isWriteToClosedConnection(error)) {
      // A program with a handler of its own (the local stack) ends itself in order.
      if (process.listenerCount('uncaughtException') > 1) return;
      // The process ends with this error printed, with all its properties: a driver's may hold a statement's parameters.
      throw asOwnError('Nobody caught a failure', error);
    }
    logger.warn('the database driver wrote to a closed connection');
  });
}

let isInstalled = false;
