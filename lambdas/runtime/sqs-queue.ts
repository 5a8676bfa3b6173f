import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { EventQueue } from '../tokenization/ports/event-queue.ts';

/** Milliseconds for one batch. A queue that gives no answer must not use up the run. */
const SEND_TIMEOUT_MS = 2_000;

/** SQS takes ten messages at once and says of each whether it took it. */
const SQS_BATCH_LIMIT = 10;

/** TSYS's queue (A7), at the endpoint that its URL names. Region and credentials come from the function's environment, as AWS's clients read it. */
export function createSqsQueue(queueUrl: string): EventQueue {
  const client = new SQSClient({ endpoint: new URL(queueUrl).origin, useQueueUrlAsEndpoint: false, maxAttempts: 1 });
  return {
    batchSize: SQS_BATCH_LIMIT,
    async send(events) {
      const { Successful = [] } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: events.map((event, index) => ({ Id: String(index), MessageBody: JSON.stringify(event) })),
        }),
        { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) },
      );
      return new Set(Successful.flatMap(({ Id }) => events[Number(Id)]?.eventId ?? []));
    },
  };
}
