import { closeEvents, takeEvents } from '../pool/pool-jobs.ts';
import { createSqsQueue } from '../runtime/aws/sqs-queue.ts';
import { CLOSING_MS, type ComposedJob } from '../runtime/job-handler.ts';
import { logger } from '../runtime/logging/logger.ts';
import { count } from '../runtime/metrics.ts';
import { readSettings } from '../runtime/settings.ts';
import { systemClock } from '../runtime/system-clock.ts';
import type { EventRefusal, OutboxEvent } from '../tokenization/ports/event-queue.ts';
import { type RelayResult, relayEvents } from '../tokenization/relay-events.ts';
import { composeJobDatabase } from './database.ts';
import { vocabularyOf } from './domain-settings.ts';

/** Connects the relay with the database and the queue. Throws InvalidSettings. */
export async function composeRelayEvents(): Promise<ComposedJob<RelayResult>> {
  const settings = readSettings('relay-events');
  const database = await composeJobDatabase(settings);
  const { event, fields } = vocabularyOf(settings);
  const shared = {
    queue: createSqsQueue(settings.EVENT_QUEUE_URL),
    clock: systemClock,
    words: { domain: settings.PRODUCER_DOMAIN, type: event, referenceField: fields.reference.name },
    batchSize: settings.RELAY_BATCH_SIZE,
    onRefused(refusals: readonly EventRefusal[]) {
      for (const { count: refused, ...reason } of refusals) {
        logger.info('events refused by the queue', { ...reason, count: refused });
        count('EventsRefused', {}, refused);
      }
    },
  };
  return {
    run: ({ deadlineMs }) => {
      const statements = database.until(deadlineMs + CLOSING_MS);
      const outbox = {
        take: (limit: number) => statements.run((sql) => takeEvents(sql, limit, settings.RELAY_LEASE_SECONDS)),
        close: (events: readonly OutboxEvent[]) => statements.run((sql) => closeEvents(sql, events)),
      };
      return relayEvents({ ...shared, outbox }, deadlineMs);
    },
    timeLimitMs: settings.RELAY_TIME_LIMIT_MS,
  };
}
