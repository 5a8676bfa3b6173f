import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import {
  TomeAccessDenied,
  TomeAnswerInvalid,
  type TomeError,
  TomeOutcomeUnknown,
  TomeRateLimited,
} from '../../tokenization/tome-errors.ts';
import {
  type Lane,
  type Namespace,
  type Operation,
  readableAnswers,
  readableRefusal,
  type schemas,
} from '../contract/contract.ts';
import type { TomeProfile } from '../profile/tome-profile.ts';
import { assertRepeatsId, assertRepeatsItem, gatewayAnswered } from './answer-proof.ts';
import type { Credential } from './authentication/authentication.ts';
import { CredentialRefused, ServerFaulted, ServerUnavailable } from './failures.ts';
import { parsedJson } from './parsed-json.ts';
import type { ReceivedAnswer } from './received-answer.ts';
import { requestHeaders } from './request-headers.ts';
import { retryAfterSeconds } from './retry-after.ts';
import type { RequestTimeouts } from './tome-connections.ts';
import type { TomeEndpoints } from './tome-endpoints.ts';

export type Answer<Name extends Operation> = z.core.output<(typeof readableAnswers)[Name]>;
export type RequestBody<Name extends Operation> = z.core.input<(typeof schemas)[Name]['request']>;
export type TomeRefusal = z.core.output<typeof readableRefusal>;

export interface Exchange<Name extends Operation> extends RequestTimeouts {
  readonly namespace: Namespace;
  readonly operation: Name;
  readonly body: RequestBody<Name>;
  readonly lane: Lane;
  readonly correlationId: string;
  readonly credential: Credential;
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
  endpoints: TomeEndpoints,
  { namespace, operation, body, lane, correlationId, credential, ...connection }: Exchange<Name>,
): Promise<Reply<Answer<Name>>> {
  const { profile } = endpoints;
  const { connections, path } = endpoints.of(namespace, operation);
  const requestId = randomUUID();
  const text = JSON.stringify(body);
  const answer = await connections.post({
    path,
    headers: {
      ...requestHeaders(profile, { requestId, correlationId, lane }),
      ...(await credential.headersFor({ url: connections.urlOf(path), body: text })),
    },
    body: text,
    ...connection,
  });
  assertOfContract(answer);
  assertRepeatsId(profile, answer, requestId);
  const reply = replyOf(profile, operation, answer);
  const content = reply.status === 200 ? reply.answer : reply.refusal;
  assertRepeatsItem(profile, operation, body, { status: reply.status, content });
  return reply;
}

/**
 * Throws for a status that is not one of the contract's answers. 429, 401, 403, 407 and 5xx mean
 * the same from TOME and from a gateway, so they need no proof.
 */
function assertOfContract({ status, headers }: ReceivedAnswer): void {
  const waitSeconds = retryAfterSeconds(headers);
  const once = { attempts: 1, ...(waitSeconds === null ? {} : { retryAfterSeconds: waitSeconds }) };
  if (status === 429) throw new TomeRateLimited('TOME answered 429.', once);
  if (status === 401 || status === 403 || status === 407) {
    const Refusal = status === 401 ? CredentialRefused : TomeAccessDenied;
    throw new Refusal(`Access to TOME is refused with ${status}.`, { retryAfterSeconds: 30, ...once });
  }
  if (status === 500) throw new ServerFaulted('TOME answered 500.', once);
  if (status > 500 && waitSeconds !== null) throw new ServerUnavailable(`TOME answered ${status}.`, once);
  if (status > 500 || status === 408 || status === 425) throw new TomeOutcomeUnknown(`TOME answered ${status}.`, once);
  if (status !== 200 && !(status in REFUSALS)) throw gatewayAnswered(status);
}

/**
 * The content of an answer. Throws when it does not fit the contract: TOME broke the contract if
 * the request's id shows that TOME answered, otherwise a gateway answered.
 */
function replyOf<Name extends Operation>(
  { answersShow }: Pick<TomeProfile, 'answersShow'>,
  operation: Name,
  { status, text }: ReceivedAnswer,
): Reply<Answer<Name>> {
  const content = parsedJson(text);
  if (status === 200) {
    const parsed = z.safeParse(readableAnswers[operation], content);
    if (parsed.success) return { status, answer: parsed.data as Answer<Name> };
  }
  if (status === 400 || status === 404 || status === 409) {
    const parsed = z.safeParse(readableRefusal, content);
    const known: readonly TomeRefusal['error'][] = REFUSALS[status];
    if (parsed.success && known.includes(parsed.data.error)) return { status, refusal: parsed.data };
  }
  if (answersShow === 'item') throw gatewayAnswered(status);
  throw invalidAnswer(content === undefined ? 'not JSON' : `status ${status} with an unexpected body`);
}

export const invalidAnswer = (what: string, attempts = 1): TomeError =>
  new TomeAnswerInvalid(`TOME's answer breaks the contract: ${what}.`, { attempts });
