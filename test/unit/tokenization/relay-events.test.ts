import { expect, test } from 'vitest';
import type { CardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import type { EventRefusal, OutboxEvent, SendResult } from '../../../lambdas/tokenization/ports/event-queue.ts';
import { relayEvents } from '../../../lambdas/tokenization/relay-events.ts';
import { FakeClock } from '../../support/fake-clock.ts';

type Verdict = (reference: CardReference) => EventRefusal['scope'] | 'taken';

const BATCH = 50;

/** An outbox in memory whose events are due in their order, and a queue that says of each event what `verdict` says. */
function relay(count: number, verdict: Verdict) {
  let due: OutboxEvent[] = Array.from({ length: count }, (_, index) => ({
    pairId: BigInt(index),
    cardReference: `9${String(index).padStart(15, '0')}` as CardReference,
    occurredAt: new Date(0),
  }));
  const postponed: OutboxEvent[] = [];
  const sent: bigint[] = [];
  const told: EventRefusal[] = [];
  let sends = 0;
  const run = () =>
    relayEvents(
      {
        outbox: {
          async take(limit) {
            const taken = due.slice(0, limit);
            due = due.slice(limit);
            postponed.push(...taken);
            return taken;
          },
          async close(events) {
            const closed = new Set(events.map(({ pairId }) => pairId));
            sent.push(...closed);
            postponed.splice(0, postponed.length, ...postponed.filter(({ pairId }) => !closed.has(pairId)));
          },
        },
        queue: {
          batchSize: 10,
          async send(events): Promise<SendResult> {
            sends += 1;
            const accepted = new Set<string>();
            const refusals: EventRefusal[] = [];
            for (const { eventId, cardReferenceId } of events) {
              const scope = verdict(cardReferenceId);
              if (scope === 'taken') accepted.add(eventId);
              else refusals.push({ code: `About.${scope}`, scope, isSenderFault: true, count: 1 });
            }
            return { accepted, refusals };
          },
        },
        clock: new FakeClock(),
        domain: 'card',
        batchSize: BATCH,
        onRefused: (refusals) => told.push(...refusals),
      },
      Number.POSITIVE_INFINITY,
    );
  return { run, sent, told, sends: () => sends, left: () => postponed.length + due.length };
}

test('a queue that refuses a whole batch for a reason of its own stops the run at once, and the run names the code', async () => {
  const { run, sends, sent, told, left } = relay(500, () => 'queue');
  await expect(run()).rejects.toMatchObject({
    name: 'EventsRefused',
    code: 'events-refused',
    message: expect.stringContaining('About.queue'),
  });
  expect(sends()).toBe(1);
  expect(sent).toEqual([]);
  expect(told).toHaveLength(10);
  expect(left()).toBe(500);
});

test('what the queue took before it refused a whole batch is closed', async () => {
  const { run, sent } = relay(40, (reference) => (Number(reference.slice(1)) < 20 ? 'taken' : 'queue'));
  await expect(run()).rejects.toMatchObject({ code: 'events-refused' });
  expect(sent).toHaveLength(20);
});

test('events that are refused one by one are postponed and told of, and all others are sent', async () => {
  const isOdd = (reference: string): boolean => Number(reference.slice(1)) % 7 === 3;
  const { run, sent, told } = relay(140, (reference) => (isOdd(reference) ? 'queue' : 'taken'));
  expect(await run()).toEqual({ sent: 120, postponed: 20 });
  expect(sent).toHaveLength(120);
  expect(told).toHaveLength(20);
});

test('a batch of nothing but unacceptable messages does not keep the next batch back', async () => {
  const { run, sent } = relay(30, (reference) => (Number(reference.slice(1)) < 10 ? 'message' : 'taken'));
  expect(await run()).toEqual({ sent: 20, postponed: 10 });
  expect(sent).toHaveLength(20);
});

test('a run in which not one message is acceptable rejects after one taking', async () => {
  const { run, sends } = relay(500, () => 'message');
  await expect(run()).rejects.toMatchObject({ code: 'events-refused' });
  expect(sends()).toBe(BATCH / 10);
});

test('a run that finds nothing to send succeeds', async () => {
  expect(await relay(0, () => 'queue').run()).toEqual({ sent: 0, postponed: 0 });
});
