import { createHash, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { writeAnswer } from '../program/loopback/connection-faults.ts';
import { type ReceivedRequest, startLoopbackServer } from '../program/loopback/loopback-server.ts';
import { FileNotWritable, LineFile } from '../simulator/line-file.ts';

export interface LocalQueue {
  readonly url: string;
  /** The parsed bodies of the messages in the order of their arrival. */
  readonly events: readonly unknown[];
  close(): Promise<void>;
}

export interface LocalQueueOptions {
  /** The file that stores accepted messages. Without it they are in memory only. */
  readonly journalPath?: string;
}

interface BatchEntry {
  readonly Id: string;
  readonly MessageBody: string;
}

/** Most events that are kept for `GET /_local/events`. */
const KEPT_EVENTS = 100_000;

/** A batch of SQS has at most 1 MiB of messages. The rest is JSON around them. */
const MAX_BODY_BYTES = 4 * 1_024 * 1_024;

/**
 * Replaces the SQS queue of card events on one machine. Serves SendMessageBatch in SQS's JSON
 * protocol for the client of the relay. A message is written to the journal before it is accepted,
 * because the relay never sends an accepted message again. Rejects with FileNotWritable.
 */
export async function startLocalQueue({ journalPath }: LocalQueueOptions = {}): Promise<LocalQueue> {
  const journal = journalPath === undefined ? null : new LineFile(journalPath);
  const kept = journal?.read() ?? [];
  const events: unknown[] = kept.slice(-KEPT_EVENTS).flatMap(parsed);
  journal?.replace(kept.slice(-KEPT_EVENTS));
  let journaled = events.length;

  const accept = (entries: readonly BatchEntry[]): object => {
    const bodies = entries.map(({ MessageBody }) => JSON.parse(MessageBody) as unknown);
    journal?.append(bodies.map((body) => JSON.stringify(body)));
    events.push(...bodies);
    events.splice(0, events.length - KEPT_EVENTS);
    journaled += bodies.length;
    if (journaled > 2 * KEPT_EVENTS) {
      journal?.replace(events.map((event) => JSON.stringify(event)));
      journaled = events.length;
    }
    const Successful = entries.map(({ Id, MessageBody }) => ({
      Id,
      MessageId: randomUUID(),
      MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
    }));
    return { Successful, Failed: [] };
  };

  const server = await startLoopbackServer({
    port: 0,
    maxBodyBytes: MAX_BODY_BYTES,
    serve: async (request, response) => {
      const entries = entriesOf(request);
      if (entries === null)
        return answer(response, 400, fault('UnsupportedOperation', 'Only SendMessageBatch is supported.'));
      try {
        answer(response, 200, accept(entries));
      } catch (error) {
        if (!(error instanceof FileNotWritable)) throw error;
        answer(response, 503, fault('ServiceUnavailable', error.message));
      }
    },
  });
  return {
    url: `${server.url}/000000000000/card-events`,
    events,
    close: () => server.close(0),
  };
}

const fault = (code: string, message: string): object => ({ __type: `com.amazonaws.sqs#${code}`, message });

const answer = (response: ServerResponse, status: number, body: object): void =>
  writeAnswer(response, {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(body),
  });

/** Returns `null` for another operation or an invalid body. */
function entriesOf({ headers, body }: ReceivedRequest): readonly BatchEntry[] | null {
  if (headers['x-amz-target'] !== 'AmazonSQS.SendMessageBatch') return null;
  const [request] = parsed(body) as { Entries?: unknown }[];
  const entries = request?.Entries;
  const isBatch =
    Array.isArray(entries) &&
    entries.every((entry) => typeof entry?.Id === 'string' && parsed(String(entry.MessageBody)).length === 1);
  return isBatch ? (entries as BatchEntry[]) : null;
}

/** Returns the parsed value, or an empty list for invalid JSON. */
function parsed(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text) as unknown];
  } catch {
    return [];
  }
}
