import { EventsRefused } from './errors.ts';
import type { Clock } from './ports/clock.ts';
import type { CardCreatedEvent, EventQueue, EventRefusal, Outbox, OutboxEvent } from './ports/event-queue.ts';

export interface RelayDependencies {
  readonly outbox: Outbox;
  readonly queue: EventQueue;
  readonly clock: Clock;
  readonly domain: string;
  /** Events taken in hand at once. */
  readonly batchSize: number;
  /** Told of every refusal, for the log and the alarm. */
  readonly onRefused: (refusals: readonly EventRefusal[]) => void;
}

export interface RelayResult {
  readonly sent: number;
  /** Events that the queue did not take; they stay in the outbox and are sent again when their time in hand is over. */
  readonly postponed: number;
}

/**
 * A7: sends what the outbox holds, at least once. An event is closed only after the queue took it, so a crash in between sends it
 * again, under the same id. An event that the queue refuses stays in the outbox and is due again later than those that wait, so it
 * keeps no other event back.
 *
 * Rejects when a call fails, and with EventsRefused when the queue takes nothing: at once where its code speaks of the queue (a
 * missing right, a key that cannot be used), otherwise after one taking in which it took no event.
 */
export async function relayEvents(dependencies: RelayDependencies, deadlineMs: number): Promise<RelayResult> {
  const { outbox, clock, batchSize } = dependencies;
  let sent = 0;
  let postponed = 0;
  while (clock.monotonicMs() < deadlineMs) {
    const taken = await outbox.take(batchSize);
    const closed: OutboxEvent[] = [];
    try {
      await sendAll(dependencies, taken, closed, deadlineMs);
    } finally {
      // All that the queue took, in one statement: closing an event files its pair, and many cost little more than one.
      if (closed.length > 0) await outbox.close(closed);
    }
    sent += closed.length;
    postponed += taken.length - closed.length;
    if (taken.length < batchSize) break;
  }
  return { sent, postponed };
}

/** Adds the events that the queue took to `closed` as it goes, so that they are known when a later batch fails. */
async function sendAll(
  { queue, clock, domain, onRefused }: RelayDependencies,
  taken: readonly OutboxEvent[],
  closed: OutboxEvent[],
  deadlineMs: number,
): Promise<void> {
  const refused: EventRefusal[] = [];
  for (let start = 0; start < taken.length && clock.monotonicMs() < deadlineMs; start += queue.batchSize) {
    const batch = taken.slice(start, start + queue.batchSize);
    const { accepted, refusals } = await queue.send(batch.map((event) => cardCreated(event, domain)));
    for (const event of batch) if (accepted.has(eventIdOf(event))) closed.push(event);
    if (refusals.length > 0) onRefused(refusals);
    refused.push(...refusals);
    if (accepted.size === 0 && refusals.some(({ scope }) => scope === 'queue')) throw new EventsRefused(refusals);
  }
  if (refused.length > 0 && closed.length === 0) throw new EventsRefused(refused);
}

/** Depends on nothing but the reference, so it survives a restore from backup, which may give a pair's number to another pair. */
const eventIdOf = ({ cardReference }: OutboxEvent): string => `card-created-${cardReference}`;

const cardCreated = (event: OutboxEvent, domain: string): CardCreatedEvent => ({
  eventId: eventIdOf(event),
  type: 'card-created',
  version: 1,
  domain,
  cardReferenceId: event.cardReference,
  occurredAt: event.occurredAt.toISOString(),
});
