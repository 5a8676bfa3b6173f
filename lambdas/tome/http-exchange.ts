import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import {
  TomeAnswerInvalid,
  TomeError,
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
import { fetchFailure } from './fetch-failure.ts';

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
export type Verdict<Content> =
  | { readonly status: 200; readonly answer: Content }
  | { readonly status: RefusalStatus; readonly refusal: Refusal };

type RefusalStatus = keyof typeof REFUSALS;

/** The contract's refusals, each under its status. */
const REFUSALS = {
  400: ['bad-request'],
  404: ['not-found', 'operation-absent'],
  409: ['already-bound', 'token-taken'],
} as const satisfies Readonly<Record<number, readonly Refusal['error'][]>>;

/** The largest answer is a prefetch of 5,000 tokens with expiries, well below this many bytes. */
const MAX_ANSWER_BYTES = 2_000_000;

/** When TOME says 429 and not when to come back; and the longest pause that one answer can impose. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;
const MAX_RETRY_AFTER_SECONDS = 60;

/**
 * One request and its answer, checked against the contract. Rejects with a TomeError of one attempt, or of none when no connection came about;
 * `attempts` beyond this one are the caller's to add. No error holds anything that was sent or received: neither may reach a log.
 */
export async function exchange<Name extends Operation>(
  baseUrl: string,
  { namespace, operation, body, lane, correlationId, timeoutMs }: Exchange<Name>,
): Promise<Verdict<Answer<Name>>> {
  const requestId = randomUUID();
  const url = `${baseUrl.replace(/\/+$/, '')}${operationPath(namespace, operation)}`;
  const headers = new Headers({
    'content-type': 'application/json',
    [REQUEST_ID_HEADER]: requestId,
    [CORRELATION_ID_HEADER]: correlationId,
    [LANE_HEADER]: lane,
  });
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
      redirect: 'error',
    });
    text = await boundedText(response);
  } catch (error) {
    throw error instanceof TomeError ? error : fetchFailure(error);
  }
  if (response.status >= 500) {
    throw new TomeOutcomeUnknown(`TOME answered ${response.status}.`, { attempts: 1 });
  }
  if (response.headers.get(REQUEST_ID_HEADER) !== requestId) {
    throw new TomeAnswerInvalid("TOME's answer belongs to another request.", { attempts: 1 });
  }
  if (response.status === 429) {
    const retryAfterSeconds = retryAfterOf(response.headers.get('retry-after'));
    throw new TomeRateLimited('TOME said 429.', { attempts: 1, retryAfterSeconds });
  }
  return verdictOf(operation, response.status, parse(text));
}

function verdictOf<Name extends Operation>(operation: Name, status: number, content: unknown): Verdict<Answer<Name>> {
  if (status === 200) {
    const parsed = z.safeParse(schemas[operation].answer, content);
    if (parsed.success) return { status, answer: parsed.data as Answer<Name> };
  }
  if (status === 400 || status === 404 || status === 409) {
    const parsed = z.safeParse(errorAnswer, content);
    const known: readonly Refusal['error'][] = REFUSALS[status];
    if (parsed.success && known.includes(parsed.data.error)) return { status, refusal: parsed.data };
  }
  throw invalidAnswer(`status ${status} with an unexpected body`);
}

function retryAfterOf(header: string | null): number {
  if (header === null || !/^[0-9]+$/.test(header)) return DEFAULT_RETRY_AFTER_SECONDS;
  return Math.min(MAX_RETRY_AFTER_SECONDS, Number(header));
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
    if (bytes > MAX_ANSWER_BYTES) throw invalidAnswer('too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
