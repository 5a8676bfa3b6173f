import { isWriteToClosedConnection } from './closed-connection-write.ts';
import { logger } from './logging/logger.ts';
import { asOwnError } from './own-error.ts';

/**
 * postgres.js 3.4.9 can write to a connection that was just closed (the ROLLBACK of a transaction
 * that failed with it). It does so in a timer, where no caller can catch the error. The statement
 * ends at its own deadline, so the process continues. Every other uncaught error ends the process.
 */
export function surviveDriverFault(): void {
  if (isInstalled) return;
  isInstalled = true;
  process.on('uncaughtException', (error) => {
    if (!isWriteToClosedConnection(error)) {
      // Another program, such as the local stack, has its own handler and shuts down itself.
      if (process.listenerCount('uncaughtException') > 1) return;
      // Node prints the error with all properties, and a driver error can hold statement
      // parameters.
      throw asOwnError('An error was not caught', error);
    }
    logger.warn('the database driver wrote to a closed connection');
  });
}

let isInstalled = false;
