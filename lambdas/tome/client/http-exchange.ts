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
import { ServerFaulted, ServerUnavailable } from './failures.ts';
import { retryAfterSeconds } from './retry-after.ts';
import type { ReceivedAnswer, RequestTimeouts, TomeConnections } from './tome-connections.ts';

export type Answer<Name extends Operation> = z.core.output<(typeof readableAnswers)[Name]>;
export type RequestBody<Name extends Operation> = z.core.input<(typeof schemas)[Name]['request']>;
export type TomeRefusal = z.core.output<typeof readableRefusal>;

export interface Exchange<Name extends Operation> extends RequestTimeouts {
  readonly namespace: Namespace;
  readonly operation: Name;
  readonly body: RequestBody<Name>;
  readonly lane: Lane;
  readonly correlationId: string;
  readonly onNewConnection: boolean;
}

/** TOME's answer, or a refusal that the contract defines. Both are definitive. */
export type Reply<Content> =
  | { readonly status: 200; readonly answer: Content }
  | { readonly status: RefusalStatus; readonly refusal: TomeRefusal };

type RefusalStatus = keyof typeof REFUSALS;

/** The contract's refusals by their status. */
const REFUSALS = {
  400: ['bad-request'],
  404: ['not-found', 'operation-absent'],
  409: ['already-bound', 'token-taken'],
} as const satisfies Readonly<Record<number, readonly TomeRefusal['error'][]>>;

/**
 * Sends one request and checks the answer against the contract. Rejects with a TomeError of one
 * attempt, or of none when nothing was sent. No error contains anything that was sent or received,
 * because errors are logged.
 */
export async function exchange<Name extends Operation>(
  connections: TomeConnections,
  { namespace, operation, body, lane, correlationId, ...connection }: Exchange<Name>,
): Promise<Reply<Answer<Name>>> {
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
    ...connection,
  });
  assertFromTome(answer, requestId);
  return replyOf(operation, answer.status, parse(answer.text));
}

/**
 * Throws when TOME did not write this answer. 429, 401, 403, 407 and 5xx mean the same from TOME
 * and from a gateway, so they need no proof. Every other answer must have a status of the contract
 * and repeat the request's id.
 */
function assertFromTome({ status, headers }: ReceivedAnswer, requestId: string): void {
  const waitSeconds = retryAfterSeconds(headers);
  const once = { attempts: 1, ...(waitSeconds === null ? {} : { retryAfterSeconds: waitSeconds }) };
  if (status === 429) throw new TomeRateLimited('TOME answered 429.', once);
  if (status === 401 || status === 403 || status === 407) {
    throw new TomeAccessDenied(`Access to TOME is refused with ${status}.`, { retryAfterSeconds: 30, ...once });
  }
  if (status === 500) throw new ServerFaulted('TOME answered 500.', once);
  if (status > 500 && waitSeconds !== null) throw new ServerUnavailable(`TOME answered ${status}.`, once);
  if (status > 500 || status === 408 || status === 425) throw new TomeOutcomeUnknown(`TOME answered ${status}.`, once);
  const answeredId = headers[REQUEST_ID_HEADER];
  if ((status !== 200 && !(status in REFUSALS)) || answeredId === undefined) {
    throw new TomeGatewayAnswered(`A gateway in front of TOME answered ${status}.`, { attempts: 1 });
  }
  if (answeredId !== requestId) {
    throw new TomeAnswerInvalid("TOME's answer has the id of another request.", { attempts: 1 });
  }
}

function replyOf<Name extends Operation>(operation: Name, status: number, content: unknown): Reply<Answer<Name>> {
  if (status === 200) {
    const parsed = z.safeParse(readableAnswers[operation], content);
    if (parsed.success) return { status, answer: parsed.data as Answer<Name> };
  }
  if (status === 400 || status === 404 || status === 409) {
    const parsed = z.safeParse(readableRefusal, content);
    const known: readonly TomeRefusal['error'][] = REFUSALS[status];
    if (parsed.success && known.includes(parsed.data.error)) return { status, refusal: parsed.data };
  }
  throw invalidAnswer(`status ${status} with an unexpected body`);
}

export const invalidAnswer = (what: string, attempts = 1): TomeError =>
  new TomeAnswerInvalid(`TOME's answer breaks the contract: ${what}.`, { attempts });

/** Without the parser's message, which quotes the text and so can contain a card number. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidAnswer('not JSON');
  }
}
