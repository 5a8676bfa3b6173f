import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSqsQueue } from '../../lambdas/runtime/aws/sqs-queue.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import type { EventQueue, ReferenceEvent } from '../../lambdas/tokenization/ports/event-queue.ts';

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

const EVENTS: readonly ReferenceEvent[] = Array.from({ length: 10 }, (_, index) => ({
  eventId: `event-${index}`,
  type: 'card-created',
  version: 1,
  domain: 'card',
  cardReferenceId: `9${String(index).padStart(15, '0')}` as CardReference,
  occurredAt: new Date(0).toISOString(),
}));

const refusalsOf = (entries: readonly Entry[], Code: string, SenderFault = true) =>
  entries.map(({ Id }) => ({ Id, SenderFault, Code, Message: 'text of the queue' }));

const acceptanceOf = (entries: readonly Entry[]) =>
  entries.map(({ Id, MessageBody }) => ({
    Id,
    MessageId: Id,
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  }));

test('an answer 200 that refuses all messages is reported as none accepted, with the code and the count', async () => {
  answer = (entries) => ({ body: { Successful: [], Failed: refusalsOf(entries, 'KMS.AccessDeniedException') } });
  expect(await queue.send(EVENTS)).toEqual({
    accepted: new Set(),
    refusals: [{ code: 'KMS.AccessDeniedException', scope: 'queue', isSenderFault: true, count: 10 }],
  });
});

test('an answer that refuses some messages is reported as the accepted ones and a count for each code', async () => {
  answer = (entries) => ({
    body: {
      Successful: acceptanceOf(entries.slice(0, 6)),
      Failed: [
        ...refusalsOf(entries.slice(6, 9), 'InvalidMessageContents'),
        ...refusalsOf(entries.slice(9), 'InternalError', false),
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

test.each([{}, { Successful: [] }])(
  'messages that are missing in the answer %j are reported as refused',
  async (body) => {
    answer = () => ({ body });
    expect(await queue.send(EVENTS)).toEqual({
      accepted: new Set(),
      refusals: [{ code: 'not-in-the-answer', scope: 'queue', isSenderFault: false, count: 10 }],
    });
  },
);

test('a refusal code that is a sentence is not reported, because it could contain a card number', async () => {
  answer = (entries) => ({ body: { Failed: refusalsOf(entries, 'refused 4111 1111 1111 1111') } });
  const { refusals } = await queue.send(EVENTS);
  expect(refusals.map(({ code }) => code)).toEqual(['unreadable-code']);
});

test('a send that the queue throttles once is repeated within the call', async () => {
  answer = (entries) =>
    calls === 1
      ? { status: 503, body: { __type: 'com.amazonaws.sqs#RequestThrottled' } }
      : { body: { Successful: acceptanceOf(entries) } };
  expect((await queue.send(EVENTS)).accepted.size).toBe(10);
  expect(calls).toBe(2);
});

test('a send that the queue denies access to is not repeated', async () => {
  answer = () => ({ status: 403, body: { __type: 'com.amazonaws.sqs#AccessDeniedException' } });
  await expect(queue.send(EVENTS)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(calls).toBe(1);
});
