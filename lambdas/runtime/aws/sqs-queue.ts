import { SendMessageBatchCommand, type SendMessageBatchResult, SQSClient } from '@aws-sdk/client-sqs';
import type { EventQueue, EventRefusal, ReferenceEvent, SendResult } from '../../tokenization/ports/event-queue.ts';

/**
 * Milliseconds for one batch, so that a queue without an answer does not use the time of the run.
 */
const SEND_TIMEOUT_MS = 2_000;

/** The most messages of one SQS batch. The answer says for each message whether it was accepted. */
const SQS_BATCH_LIMIT = 10;

/**
 * Attempts of one call. The client retries throttling, server errors, connection errors and a wrong
 * clock.
 */
const ATTEMPTS = 3;

/** Milliseconds for opening a connection, and for an answer on it. */
const CONNECTION_TIMEOUT_MS = 2_000;
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Error codes that concern one message. Every other code is treated as an error of the queue, its
 * key or the permissions.
 */
const ABOUT_ONE_MESSAGE = new Set([
  'InvalidMessageContents',
  'InvalidParameterValue',
  'MessageTooLong',
  'MissingParameter',
]);

/**
 * The queue of card events (docs/design.md#events-through-an-outbox), at the endpoint of its URL.
 * The SDK reads region and credentials from the environment of the function.
 */
export function createSqsQueue(queueUrl: string): EventQueue {
  const client = new SQSClient({
    endpoint: new URL(queueUrl).origin,
    useQueueUrlAsEndpoint: false,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, requestTimeout: ANSWER_TIMEOUT_MS },
  });
  return {
    batchSize: SQS_BATCH_LIMIT,
    async send(events) {
      const answer = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: events.map((event, index) => ({ Id: String(index), MessageBody: JSON.stringify(event) })),
        }),
        { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) },
      );
      return resultOf(events, answer);
    },
  };
}

/** An answer of 200 can refuse some or all messages. A message that it does not name is refused. */
function resultOf(
  events: readonly ReferenceEvent[],
  { Successful = [], Failed = [] }: Partial<SendMessageBatchResult>,
): SendResult {
  const accepted = new Set(Successful.flatMap(({ Id }) => events[Number(Id)]?.eventId ?? []));
  const refusals = new Map<string, EventRefusal>();
  const add = (code: string, isSenderFault: boolean): void => {
    const key = `${code} ${isSenderFault}`;
    const scope = ABOUT_ONE_MESSAGE.has(code) ? 'message' : 'queue';
    refusals.set(key, { code, scope, isSenderFault, count: (refusals.get(key)?.count ?? 0) + 1 });
  };
  for (const { Code, SenderFault } of Failed) add(codeOf(Code), SenderFault === true);
  for (let left = events.length - accepted.size - Failed.length; left > 0; left -= 1) add('not-in-the-answer', false);
  return { accepted, refusals: [...refusals.values()] };
}

/** A code is a name with dots. Any other text is kept out of logs and messages. */
const codeOf = (code: string | undefined): string =>
  code !== undefined && /^[A-Za-z][A-Za-z.]{0,79}$/.test(code) ? code : 'unreadable-code';
