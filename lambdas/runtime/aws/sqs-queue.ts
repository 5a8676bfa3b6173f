import { SendMessageBatchCommand, type SendMessageBatchResult, SQSClient } from '@aws-sdk/client-sqs';
import type { CardCreatedEvent, EventQueue, EventRefusal, SendResult } from '../../tokenization/ports/event-queue.ts';

/** Milliseconds for one batch. A queue that gives no answer must not use up the run. */
const SEND_TIMEOUT_MS = 2_000;

/** SQS takes ten messages at once and says of each whether it took it. */
const SQS_BATCH_LIMIT = 10;

/** Executions of one call. The client repeats what is worth repeating: throttling, server errors, connections, a clock that is off. */
const ATTEMPTS = 3;

/** Milliseconds for a connection, and for an answer on it. A queue that says nothing must not use up the run. */
const CONNECTION_TIMEOUT_MS = 2_000;
const ANSWER_TIMEOUT_MS = 5_000;

/** Codes that speak of one message only. Every other one is taken to speak of the queue, its key or the right to use them. */
const ABOUT_ONE_MESSAGE = new Set([
  'InvalidMessageContents',
  'InvalidParameterValue',
  'MessageTooLong',
  'MissingParameter',
]);

/** TSYS's queue (A7), at the endpoint that its URL names. Region and credentials come from the function's environment, as AWS's clients read it. */
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

/** An answer of 200 may refuse some messages or all. One that it says nothing of counts as refused. */
function resultOf(
  events: readonly CardCreatedEvent[],
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

/** A code is a name with dots. What is none stays out of logs and messages. */
const codeOf = (code: string | undefined): string =>
  code !== undefined && /^[A-Za-z][A-Za-z.]{0,79}$/.test(code) ? code : 'unreadable-code';
