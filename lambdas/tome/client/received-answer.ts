import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TomeAnswerInvalid, TomeOutcomeUnknown } from '../../tokenization/tome-errors.ts';

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty when the status alone decides. */
  readonly text: string;
}

/** Far more than the largest answer, a prefetch of 5,000 tokens with expiries. */
const MAX_ANSWER_BYTES = 2_000_000;

/** Statuses whose body has a meaning in the contract. Other bodies are not read. */
const STATUSES_WITH_CONTENT: ReadonlySet<number> = new Set([200, 400, 404, 409]);

/** `server` is its name in messages. Rejects with a TomeError of one attempt. */
export async function readAnswer(response: IncomingMessage, server: string): Promise<ReceivedAnswer> {
  const { statusCode: status = 0, headers } = response;
  if (!STATUSES_WITH_CONTENT.has(status)) {
    // Drained, so that the connection can be reused. The request's timer ends an endless body.
    response.on('error', () => undefined).resume();
    return { status, headers, text: '' };
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES)
        throw new TomeAnswerInvalid(`${server} sent an answer that is too long.`, { attempts: 1 });
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof TomeAnswerInvalid) throw error;
    throw new TomeOutcomeUnknown(`${server} ended its answer early: ${codeOf(error)}.`, { attempts: 1 });
  }
  return { status, headers, text: Buffer.concat(chunks).toString('utf8') };
}

/** The code of an error of Node.js, such as ECONNRESET. Its message can quote what was sent. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
