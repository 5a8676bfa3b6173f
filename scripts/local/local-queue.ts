import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LocalQueue {
  readonly url: string;
  /** The messages' bodies in the order of their arrival, parsed. */
  readonly events: readonly unknown[];
  close(): Promise<void>;
}

interface BatchEntry {
  readonly Id: string;
  readonly MessageBody: string;
}

/** The most events that are kept to be looked at. */
const KEPT_EVENTS = 100_000;

/** TSYS's queue on one machine: SQS's SendMessageBatch in its JSON protocol, so that the relay's own client talks to it. */
export async function startLocalQueue(): Promise<LocalQueue> {
  const events: unknown[] = [];
  const server = createServer((request, response) => {
    receive(request)
      .then((entries) => {
        for (const { MessageBody } of entries) events.push(JSON.parse(MessageBody));
        events.splice(0, events.length - KEPT_EVENTS);
        const Successful = entries.map(({ Id, MessageBody }) => ({
          Id,
          MessageId: randomUUID(),
          MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
        }));
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(JSON.stringify({ Successful, Failed: [] }));
      })
      .catch(() => {
        response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(
          JSON.stringify({
            __type: 'com.amazonaws.sqs#UnsupportedOperation',
            message: 'Only SendMessageBatch is here.',
          }),
        );
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/card-events`,
    events,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function receive(request: IncomingMessage): Promise<readonly BatchEntry[]> {
  if (request.headers['x-amz-target'] !== 'AmazonSQS.SendMessageBatch') throw new Error('Another operation.');
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { Entries } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { Entries: BatchEntry[] };
  return Entries;
}
