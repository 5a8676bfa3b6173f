import { type Connection, openConnection } from './connection.ts';
import type { DatabaseAddress } from './database-address.ts';
import { elapsedMs, momentOf, type ProcessClock } from './process-clock.ts';
import { TimedOut, watchBusyness, within } from './within.ts';

/** The server did not answer in time while a connection was opened. */
export class ServerSilent extends Error {
  override readonly name = 'ServerSilent';
}

export interface OpeningSettings {
  readonly prepare: boolean;
  /** How long opening one connection may take: reaching the server, signing in, and one answer. */
  readonly openTimeoutMs: number;
}

/**
 * The share of `openTimeoutMs` that must have passed before a silence says something about the
 * server.
 */
const CONCLUSIVE_SHARE = 0.25;

/** A timer that fires later than this was delayed by a frozen process, not by a busy one. */
const FREEZE_MS = 5_000;

/**
 * Opens a connection. Rejects with ServerSilent when the server did not answer, and with TimedOut
 * when the time was over but nothing can be said about the server: a near deadline ended the
 * opening, the process was frozen, or it was too busy to read answers.
 */
export async function openInTime(
  address: DatabaseAddress,
  { prepare, openTimeoutMs }: OpeningSettings,
  { clock, leftMs, onClosed }: { clock: ProcessClock; leftMs: number; onClosed: (closed: Connection) => void },
): Promise<Connection> {
  const timeoutMs = Math.min(leftMs, openTimeoutMs);
  const aborting = new AbortController();
  const startedAt = momentOf(clock);
  const wasBusy = watchBusyness();
  const opened = openConnection(address, { prepare }, { signal: aborting.signal, onClosed });
  try {
    return await within(opened, timeoutMs, leftMs);
  } catch (error) {
    aborting.abort();
    // The connection may have opened at the moment of the timeout. If it failed, that is thrown
    // below.
    void opened.then(
      (late) => late.discard('leave'),
      () => undefined,
    );
    const isConclusive =
      timeoutMs >= openTimeoutMs * CONCLUSIVE_SHARE &&
      elapsedMs(clock, startedAt) < timeoutMs + FREEZE_MS &&
      !wasBusy();
    throw error instanceof TimedOut && isConclusive ? new ServerSilent('The server gave no answer.') : error;
  }
}
