import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import {
  TomeAnswerInvalid,
  type TomeError,
  TomeOutcomeUnknown,
  TomeRateLimited,
} from '../tokenization/errors/tome-error.ts';
import {
  CORRELATION_ID_HEADER,
  errorAnswer,
  LANE_HEADER,
  type Lane,
  type Namespace,
  type Operation,
  operationPath,
  REQUEST_ID_HEADER,
  schemas,
} from './contract.ts';

export type Answer<Name extends Operation> = z.core.output<(typeof schemas)[Name]['answer']>;
export type RequestBody<Name extends Operation> = z.core.input<(typeof schemas)[Name]['request']>;
export type Refusal = z.core.output<typeof errorAnswer>;

export interface Exchange<Name extends Operation> {
  readonly namespace: Namespace;
  readonly operation: Name;
  readonly body: RequestBody<Name>;
  readonly lane: Lane;
  readonly correlationId: string;
  readonly timeoutMs: number;
}

/** A definitive word of TOME: its answer, or a refusal that the contract names. */
export type Verdict<Name extends Operation> =
  | { readonly status: 200; readonly answer: Answer<Name> }
  | { readonly status: 400 | 404 | 409; readonly refusal: Refusal };

/** The largest answer is a prefetch of 5,000 tokens with expiries, well below this many bytes. */
const MAX_ANSWER_BYTES = 2_000_000;

/**
 * One request and its answer, checked against the contract. Rejects with a TomeError of one attempt; `attempts` beyond this one are
 * the caller's to add. No error holds anything that was sent or received: neither may reach a log.
 */
export async function exchange<Name extends Operation>(
  baseUrl: string,
  { namespace, operation, body, lane, correlationId, timeoutMs }: Exchange<Name>,
): Promise<Verdict<Name>> {
  const requestId = randomUUID();
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL(operationPath(namespace, operation), baseUrl), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [REQUEST_ID_HEADER]: requestId,
        [CORRELATION_ID_HEADER]: correlationId,
        [LANE_HEADER]: lane,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
      redirect: 'error',
    });
    text = await boundedText(response);
  } catch (error) {
    throw new TomeOutcomeUnknown(`TOME did not answer: ${failureName(error)}.`, { attempts: 1 });
  }
  if (response.status >= 500) {
    throw new TomeOutcomeUnknown(`TOME answered ${response.status}.`, { attempts: 1 });
  }
  if (response.headers.get(REQUEST_ID_HEADER) !== requestId) {
    throw new TomeAnswerInvalid("TOME's answer belongs to another request.", { attempts: 1 });
  }
  if (response.status === 429) {
    const retryAfterSeconds = Math.min(60, Math.max(0, Number(response.headers.get('retry-after') ?? 0) || 0));
    throw new TomeRateLimited('TOME said 429.', { attempts: 1, retryAfterSeconds });
  }
  return verdictOf(operation, response.status, parse(text));
}

function verdictOf<Name extends Operation>(operation: Name, status: number, content: unknown): Verdict<Name> {
  if (status === 200) {
    const parsed = z.safeParse(schemas[operation].answer, content);
    if (parsed.success) return { status, answer: parsed.data as Answer<Name> };
  }
  if (status === 400 || status === 404 || status === 409) {
    const parsed = z.safeParse(errorAnswer, content);
    if (parsed.success) return { status, refusal: parsed.data };
  }
  throw invalidAnswer(`status ${status} with an unexpected body`);
}

export const invalidAnswer = (what: string, attempts = 1): TomeError =>
  new TomeAnswerInvalid(`TOME answered outside its contract: ${what}.`, { attempts });

/** The parser's message would quote the text, which may hold a card number. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidAnswer('not JSON');
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('The answer is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What kind of failure it was, and never its message: fetch's errors carry the request with them. */
function failureName(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  return code ?? error.name;
}
