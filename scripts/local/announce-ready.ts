import { atEnd } from '../program/endings.ts';
import { endWhenInterrupted } from '../program/interruption.ts';

export interface Closable {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Prints `ready` and the URL for the process that started this one (started-process.ts). From now
 * on a signal closes `running` before the process exits.
 */
export function announceReady(running: Closable): void {
  atEnd(() => running.close());
  endWhenInterrupted(() => 0);
  process.stdout.write(`ready ${running.url}\n`);
}
