import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import {
  TomeAccessDenied,
  TomeAnswerInvalid,
  type TomeError,
  TomeGatewayAnswered,
  TomeOutcomeUnknown,
  TomeRateLimited,
} from '../../tokenization/tome-errors.ts';
import {
  CORRELATION_ID_HEADER,
  LANE_HEADER,
  type Lane,
  type Namespace,
  type Operation,
  operationPath,
  REQUEST_ID_HEADER,
  readableAnswers,
  readableRefusal,
  type schemas,
} from '../contract/contract.ts';
import { ServerFaulted, ServerUnavailable } from './attempt-failure.ts';
import { retryAfterSeconds } from './retry-after.ts';
import type { TomeConnections, WireAnswer } from './tome-connections.ts';

export type Answer<Name extends Operation> = z.core.output<(typeof readableAnswers)[Name]>;
export type RequestBody<Name extends Operation> = z.core.input<(typeof schemas)[Name]['request']>;
export type Refusal = z.core.output<typeof readableRefusal>;

export interface Exchange<Name extends Operation> {
  readonly namespace: Namespace;
  readonly operation: Name;
  readonly body: RequestBody<Name>;
  readonly lane: Lane;
  readonly correlationId: string;
  readonly timeoutMs: number;
  /**
   * The most that a kept connection gets, and one that was idle for a while; the whole time by
   * default.
   */
  readonly keptTimeoutMs?: number;
  readonly doubtfulTimeoutMs?: number;
  readonly onNewConnection?: boolean;
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

/**
 * One request and its answer, checked against the contract. Rejects with a TomeError of one
 * attempt, or of none when nothing was sent; `attempts` beyond this one are the caller's to add. No
 * error holds anything that was sent or received: neither may reach a log.
 */
export async function exchange<Name extends Operation>(
  connections: TomeConnections,
  call: Exchange<Name>,
): Promise<Verdict<Answer<Name>>> {
  const { namespace, operation, body, lane, correlationId, timeoutMs } = call;
  const requestId = randomUUID();
  const answer = await connections.post({
    path: operationPath(namespace, operation),
    headers: {
      'content-type': 'application/json',
      [REQUEST_ID_HEADER]: requestId,
      [CORRELATION_ID_HEADER]: correlationId,
      [LANE_HEADER]: lane,
    },
    body: JSON.stringify(body),
    timeoutMs,
    keptTimeoutMs: call.keptTimeoutMs ?? timeoutMs,
    doubtfulTimeoutMs: call.doubtfulTimeoutMs ?? timeoutMs,
    onNewConnection: call.onNewConnection ?? false,
  });
  assertFromTome(answer, requestId);
  return verdictOf(operation, answer.status, parse(answer.text));
}

/**
 * Tells TOME's own words from those of what stands before it. A throttling is a throttling whoever
 * says it, and so is a refusal of access; a 5xx is taken as a failure of TOME. Anything else has to
 * have a status of the contract and repeat the request's id.
 */
function assertFromTome({ status, headers }: WireAnswer, requestId: string): void {
  const waitSeconds = retryAfterSeconds(headers);
  const once = { attempts: 1, ...(waitSeconds === null ? {} : { retryAfterSeconds: waitSeconds }) };
  if (status === 429) throw new TomeRateLimited('TOME said 429.', once);
  if (status === 401 || status === 403 || status === 407) {
    throw new TomeAccessDenied(`Access to TOME is refused with ${status}.`, { retryAfterSeconds: 30, ...once });
  }
  // TOME or a gateway is out of order. A 500 alone may be about the request.
  if (status === 500) throw new ServerFaulted('TOME answered 500.', once);
  if (status > 500 && waitSeconds !== null) throw new ServerUnavailable(`TOME answered ${status}.`, once);
  if (status > 500 || status === 408 || status === 425) throw new TomeOutcomeUnknown(`TOME answered ${status}.`, once);
  const givenId = headers[REQUEST_ID_HEADER];
  if ((status !== 200 && !(status in REFUSALS)) || givenId === undefined) {
    throw new TomeGatewayAnswered(`Something before TOME answered ${status}.`, { attempts: 1 });
  }
  if (givenId !== requestId) {
    throw new TomeAnswerInvalid("TOME's answer belongs to another request.", { attempts: 1 });
  }
}

function verdictOf<Name extends Operation>(operation: Name, status: number, content: unknown): Verdict<Answer<Name>> {
  if (status === 200) {
    const parsed = z.safeParse(readableAnswers[operation], content);
    if (parsed.success) return { status, answer: parsed.data as Answer<Name> };
  }
  if (status === 400 || status === 404 || status === 409) {
    const parsed = z.safeParse(readableRefusal, content);
    const known: readonly Refusal['error'][] = REFUSALS[status];
    if (parsed.success && known.includes(parsed.data.error)) return { status, refusal: parsed.data };
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
