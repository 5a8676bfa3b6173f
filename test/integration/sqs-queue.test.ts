import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSqsQueue } from '../../lambdas/runtime/aws/sqs-queue.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import type { CardCreatedEvent, EventQueue } from '../../lambdas/tokenization/ports/event-queue.ts';

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
}

let server: Server;
let queue: EventQueue;
let answer: (entries: readonly Entry[]) => { readonly status?: number; readonly body: object };
let calls: number;

beforeEach(async () => {
  calls = 0;
  server = createServer((request, response) => {
    calls += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { Entries } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { Entries: Entry[] };
      const { status = 200, body } = answer(Entries);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  process.env['AWS_REGION'] = 'us-east-1';
  process.env['AWS_ACCESS_KEY_ID'] = 'local';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'local';
  queue = createSqsQueue(`http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/card-events`);
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const EVENTS: readonly CardCreatedEvent[] = Array.from({ length: 10 }, (_, index) => ({
  eventId: `event-${index}`,
  type: 'card-created',
  version: 1,
  domain: 'card',
  cardReferenceId: `9${String(index).padStart(15, '0')}` as CardReference,
  occurredAt: new Date(0).toISOString(),
}));

const refuse = (entries: readonly Entry[], Code: string, SenderFault = true) =>
  entries.map(({ Id }) => ({ Id, SenderFault, Code, Message: 'the words of the queue' }));

const take = (entries: readonly Entry[]) =>
  entries.map(({ Id, MessageBody }) => ({
    Id,
    MessageId: Id,
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  }));

test('an answer of 200 that refuses every message says which code and how many, and takes none', async () => {
  answer = (entries) => ({ body: { Successful: [], Failed: refuse(entries, 'KMS.AccessDeniedException') } });
  expect(await queue.send(EVENTS)).toEqual({
    accepted: new Set(),
    refusals: [{ code: 'KMS.AccessDeniedException', scope: 'queue', isSenderFault: true, count: 10 }],
  });
});

test('an answer that refuses some messages tells them from those that it took, by code', async () => {
  answer = (entries) => ({
    body: {
      Successful: take(entries.slice(0, 6)),
      Failed: [
        ...refuse(entries.slice(6, 9), 'InvalidMessageContents'),
        ...refuse(entries.slice(9), 'InternalError', false),
      ],
    },
  });
  const { accepted, refusals } = await queue.send(EVENTS);
  expect([...accepted]).toEqual(EVENTS.slice(0, 6).map(({ eventId }) => eventId));
  expect(refusals).toEqual([
    { code: 'InvalidMessageContents', scope: 'message', isSenderFault: true, count: 3 },
    { code: 'InternalError', scope: 'queue', isSenderFault: false, count: 1 },
  ]);
});

test.each([{}, { Successful: [] }])('messages that the answer %j says nothing of count as refused', async (body) => {
  answer = () => ({ body });
  expect(await queue.send(EVENTS)).toEqual({
    accepted: new Set(),
    refusals: [{ code: 'not-in-the-answer', scope: 'queue', isSenderFault: false, count: 10 }],
  });
});

test('a code that is no name is not repeated', async () => {
  answer = (entries) => ({ body: { Failed: refuse(entries, 'refused 4111 1111 1111 1111') } });
  const { refusals } = await queue.send(EVENTS);
  expect(refusals.map(({ code }) => code)).toEqual(['unreadable-code']);
});

test('a queue that is throttled for a moment is asked again within the call', async () => {
  answer = (entries) =>
    calls === 1
      ? { status: 503, body: { __type: 'com.amazonaws.sqs#RequestThrottled' } }
      : { body: { Successful: take(entries) } };
  expect((await queue.send(EVENTS)).accepted.size).toBe(10);
  expect(calls).toBe(2);
});

test('a queue that may not be used is not asked again', async () => {
  answer = () => ({ status: 403, body: { __type: 'com.amazonaws.sqs#AccessDeniedException' } });
  await expect(queue.send(EVENTS)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(calls).toBe(1);
});
