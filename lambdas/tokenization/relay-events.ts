import type { Clock } from './ports/clock.ts';
import type { CardCreatedEvent, EventQueue, Outbox, OutboxEvent } from './ports/event-queue.ts';

export interface RelayDependencies {
  readonly outbox: Outbox;
  readonly queue: EventQueue;
  readonly clock: Clock;
  readonly domain: string;
  /** Events taken in hand at once. */
  readonly batchSize: number;
}

export interface RelayResult {
  readonly sent: number;
  /** Events that the queue did not take; they stay in the outbox and are sent again when their time in hand is over. */
  readonly postponed: number;
}

/**
 * A7: sends what the outbox holds, at least once. An event is closed only after the queue took it, so a crash in between sends it
 * again, under the same id. Rejects when the queue takes nothing: events wait in the outbox until it is back.
 */
export async function relayEvents(
  { outbox, queue, clock, domain, batchSize }: RelayDependencies,
  deadlineMs: number,
): Promise<RelayResult> {
  let sent = 0;
  let postponed = 0;
  while (clock.monotonicMs() < deadlineMs) {
    const taken = await outbox.take(batchSize);
    const closed: OutboxEvent[] = [];
    try {
      for (let start = 0; start < taken.length && clock.monotonicMs() < deadlineMs; start += queue.batchSize) {
        const batch = taken.slice(start, start + queue.batchSize);
        const accepted = await queue.send(batch.map((event) => cardCreated(event, domain)));
        for (const event of batch) if (accepted.has(eventIdOf(event))) closed.push(event);
      }
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
