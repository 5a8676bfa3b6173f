import { expect, test } from 'vitest';
import type { CardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import type {
  EventRefusal,
  EventWords,
  OutboxEvent,
  ReferenceEvent,
  SendResult,
} from '../../../lambdas/tokenization/ports/event-queue.ts';
import { relayEvents } from '../../../lambdas/tokenization/relay-events.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** What the queue does with an event: refuses it, with this scope, or accepts it. */
type Decide = (reference: CardReference) => EventRefusal['scope'] | 'accepted';

const BATCH = 50;
const CARD_WORDS: EventWords = { domain: 'card', type: 'card-created', referenceField: 'cardReferenceId' };

/** An outbox in memory with `count` due events, and a queue that `decide` controls. */
function relay(count: number, decide: Decide, words: EventWords = CARD_WORDS) {
  let due: OutboxEvent[] = Array.from({ length: count }, (_, index) => ({
    pairId: BigInt(index),
    cardReference: `9${String(index).padStart(15, '0')}` as CardReference,
    occurredAt: new Date(0),
  }));
  const postponed: OutboxEvent[] = [];
  const sent: bigint[] = [];
  const reported: EventRefusal[] = [];
  const bodies: ReferenceEvent[] = [];
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
            bodies.push(...events);
            for (const event of events) {
              const { eventId } = event;
              const scope = decide(event[words.referenceField] as CardReference);
              if (scope === 'accepted') accepted.add(eventId);
              else refusals.push({ code: `About.${scope}`, scope, isSenderFault: true, count: 1 });
            }
            return { accepted, refusals };
          },
        },
        clock: new FakeClock(),
        words,
        batchSize: BATCH,
        onRefused: (refusals) => reported.push(...refusals),
      },
      Number.POSITIVE_INFINITY,
    );
  return { run, sent, bodies, reported, sends: () => sends, left: () => postponed.length + due.length };
}

test('a queue that refuses a whole batch with a code about itself ends the run, which names the code', async () => {
  const { run, sends, sent, reported, left } = relay(500, () => 'queue');
  await expect(run()).rejects.toMatchObject({
    name: 'EventsRefused',
    code: 'events-refused',
    message: expect.stringContaining('About.queue'),
  });
  expect(sends()).toBe(1);
  expect(sent).toEqual([]);
  expect(reported).toHaveLength(10);
  expect(left()).toBe(500);
});

test('events that the queue accepted before it refused a whole batch are closed', async () => {
  const { run, sent } = relay(40, (reference) => (Number(reference.slice(1)) < 20 ? 'accepted' : 'queue'));
  await expect(run()).rejects.toMatchObject({ code: 'events-refused' });
  expect(sent).toHaveLength(20);
});

test('single refused events are postponed and reported, and all others are sent', async () => {
  const isRefused = (reference: string): boolean => Number(reference.slice(1)) % 7 === 3;
  const { run, sent, reported } = relay(140, (reference) => (isRefused(reference) ? 'queue' : 'accepted'));
  expect(await run()).toEqual({ sent: 120, postponed: 20 });
  expect(sent).toHaveLength(120);
  expect(reported).toHaveLength(20);
});

test('a batch of refused messages does not delay the next batch', async () => {
  const { run, sent } = relay(30, (reference) => (Number(reference.slice(1)) < 10 ? 'message' : 'accepted'));
  expect(await run()).toEqual({ sent: 20, postponed: 10 });
  expect(sent).toHaveLength(20);
});

test('a run in which the queue refuses every message ends after one batch of the outbox', async () => {
  const { run, sends } = relay(500, () => 'message');
  await expect(run()).rejects.toMatchObject({ code: 'events-refused' });
  expect(sends()).toBe(BATCH / 10);
});

test('a run with an empty outbox succeeds', async () => {
  expect(await relay(0, () => 'queue').run()).toEqual({ sent: 0, postponed: 0 });
});

test.each([
  [CARD_WORDS, 'card-created-9000000000000000'],
  [
    { domain: 'program', type: 'account-created', referenceField: 'accountReferenceId' },
    'account-created-9000000000000000',
  ],
])('the events of a domain have its words and no other fields (%j)', async (words, eventId) => {
  const { run, bodies } = relay(1, () => 'accepted', words);
  await run();
  expect(bodies).toEqual([
    {
      eventId,
      type: words.type,
      version: 1,
      domain: words.domain,
      [words.referenceField]: '9000000000000000',
      occurredAt: '1970-01-01T00:00:00.000Z',
    },
  ]);
  expect(await run()).toEqual({ sent: 0, postponed: 0 });
});
