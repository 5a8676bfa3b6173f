import { TomeAnswerInvalid, type TomeError, TomeGatewayAnswered } from '../../tokenization/tome-errors.ts';
import type { Operation } from '../contract/contract.ts';
import type { TomeProfile } from '../profile/tome-profile.ts';
import type { ReceivedAnswer } from './received-answer.ts';

/** The lines of a profile that say what shows that an answer belongs to its request. */
export type ProofLines = Pick<TomeProfile, 'answersShow' | 'headers'>;

/**
 * Throws unless the answer repeats the request's id, where the profile asks for it. Without the id
 * a gateway answered, with another id TOME answered another request.
 */
export function assertRepeatsId(
  { answersShow, headers: names }: ProofLines,
  { status, headers }: ReceivedAnswer,
  requestId: string,
): void {
  if (answersShow !== 'request-id') return;
  const answeredId = headers[names.requestId];
  if (answeredId === undefined) throw gatewayAnswered(status);
  if (answeredId !== requestId) throw answersAnotherRequest();
}

/** The field of the request that TOME repeats. The items of a bulk call are compared one by one. */
const REPEATED: Readonly<Record<Operation, 'source' | 'token' | null>> = {
  prefetch: null,
  tokenize: 'source',
  detokenize: 'token',
  lookup: 'source',
  'bulk-tokenize': null,
};

/**
 * Throws unless the answer repeats the source or token of the request, where the profile asks for
 * it. A refusal may leave it out if it names no token, and must not name another one. A token
 * without its source can be the token of another request.
 */
export function assertRepeatsItem(
  { answersShow }: ProofLines,
  operation: Operation,
  request: object,
  { status, content }: { readonly status: number; readonly content: object },
): void {
  const field = REPEATED[operation];
  if (answersShow !== 'item' || field === null) return;
  const repeated = fieldOf(content, field);
  const mayLeaveOut = status !== 200 && fieldOf(content, 'token') === undefined;
  if (repeated === undefined && mayLeaveOut) return;
  if (repeated !== fieldOf(request, field)) throw answersAnotherRequest();
}

const fieldOf = (content: object, field: string): unknown => (content as Readonly<Record<string, unknown>>)[field];

export const gatewayAnswered = (status: number): TomeError =>
  new TomeGatewayAnswered(`A gateway in front of TOME answered ${status}.`, { attempts: 1 });

export const answersAnotherRequest = (): TomeError =>
  new TomeAnswerInvalid("TOME's answer is the answer to another request.", { attempts: 1 });
