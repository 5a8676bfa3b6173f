import { EventsRefused } from './errors.ts';
import type { Clock } from './ports/clock.ts';
import type { EventQueue, EventRefusal, EventWords, Outbox, OutboxEvent, ReferenceEvent } from './ports/event-queue.ts';

export interface RelayDependencies {
  readonly outbox: Outbox;
  readonly queue: EventQueue;
  readonly clock: Clock;
  readonly words: EventWords;
  /** Events taken from the outbox at once. */
  readonly batchSize: number;
  /** Called with every refusal, for the log and the alarm. */
  readonly onRefused: (refusals: readonly EventRefusal[]) => void;
}

export interface RelayResult {
  readonly sent: number;
  /** Events that the queue did not accept. They stay in the outbox and become due again later. */
  readonly postponed: number;
}

/**
 * Sends the events of the outbox, each at least once. An event is closed only after the queue has
 * accepted it, so after a crash it is sent again with the same id. A refused event becomes due
 * after those that wait, so it does not delay them.
 *
 * Rejects when a call fails. Rejects with EventsRefused when the queue accepts nothing: at once
 * when its code is about the queue (a missing right, an unusable key), otherwise after one batch of
 * the outbox.
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
      // In one statement for all accepted events. Closing also updates the pairs, and many updates
      // cost little more than one.
      if (closed.length > 0) await outbox.close(closed);
    }
    sent += closed.length;
    postponed += taken.length - closed.length;
    if (taken.length < batchSize) break;
  }
  return { sent, postponed };
}

/**
 * Adds accepted events to `closed` at once, so that they are closed even when a later batch fails.
 */
async function sendAll(
  { queue, clock, words, onRefused }: RelayDependencies,
  taken: readonly OutboxEvent[],
  closed: OutboxEvent[],
  deadlineMs: number,
): Promise<void> {
  const refused: EventRefusal[] = [];
  for (let start = 0; start < taken.length && clock.monotonicMs() < deadlineMs; start += queue.batchSize) {
    const batch = taken.slice(start, start + queue.batchSize);
    const { accepted, refusals } = await queue.send(batch.map((event) => referenceEvent(event, words)));
    for (const event of batch) if (accepted.has(eventIdOf(event, words))) closed.push(event);
    if (refusals.length > 0) onRefused(refusals);
    refused.push(...refusals);
    if (accepted.size === 0 && refusals.some(({ scope }) => scope === 'queue')) throw new EventsRefused(refusals);
  }
  if (refused.length > 0 && closed.length === 0) throw new EventsRefused(refused);
}

/**
 * Depends on the reference only and not on the pair's number: after a restore another pair can have
 * the number.
 */
const eventIdOf = ({ cardReference }: OutboxEvent, { type }: EventWords): string => `${type}-${cardReference}`;

const referenceEvent = (event: OutboxEvent, words: EventWords): ReferenceEvent => ({
  eventId: eventIdOf(event, words),
  type: words.type,
  version: 1,
  domain: words.domain,
  [words.referenceField]: event.cardReference,
  occurredAt: event.occurredAt.toISOString(),
});
