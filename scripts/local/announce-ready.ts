import { atEnd } from '../program/endings.ts';
import { endWhenInterrupted } from '../program/interruption.ts';

export interface Closable {
  readonly url: string;
  close(): Promise<void>;
}

/** Tells the process that started this one (started-process.ts) that it is ready and where, and ends it in order on a signal. */
export function announceReady(running: Closable): void {
  atEnd(() => running.close());
  endWhenInterrupted(() => 0);
  process.stdout.write(`ready ${running.url}\n`);
}
