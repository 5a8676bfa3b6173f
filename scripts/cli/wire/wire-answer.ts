import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod/mini';
import { errorAnswer, type Namespace, type Operation, schemas } from '../../../lambdas/tome/contract/contract.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';

/** An answer as it was received, with the request that it answers. */
export interface WireAnswer {
  readonly namespace: Namespace;
  readonly operation: Operation;
  /** The request's body. */
  readonly body: object;
  readonly requestId: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** `undefined` when the body is not JSON, or when the status alone decides. */
  readonly content: unknown;
  readonly durationMs: number;
}

/** For reports: `NS1 lookup`. */
export const nameOf = ({ namespace, operation }: Pick<WireAnswer, 'namespace' | 'operation'>): string =>
  `${namespace.toUpperCase()} ${operation}`;

/** The refusals of each operation, by status. */
const REFUSALS: Readonly<Record<Operation, Readonly<Record<number, readonly string[]>>>> = {
  prefetch: { 400: ['bad-request'] },
  tokenize: { 400: ['bad-request'], 409: ['already-bound', 'token-taken'] },
  detokenize: { 400: ['bad-request'], 404: ['not-found'] },
  lookup: { 400: ['bad-request'], 404: ['not-found'] },
  'bulk-tokenize': { 400: ['bad-request'], 404: ['operation-absent'] },
};

/** The contract's name of a refusal, such as `not-found`; `null` for any other answer. */
export function refusalOf({ operation, status, content }: WireAnswer): string | null {
  const { success, data } = z.safeParse(errorAnswer, content);
  return success && REFUSALS[operation][status]?.includes(data.error) === true ? data.error : null;
}

/** Why an answer breaks the contract; `null` when it does not. */
export function findAnswerFault(answer: WireAnswer): string | null {
  const { operation, status, content } = answer;
  if (status !== 200 && !(status in REFUSALS[operation])) return `answered ${status}, which the contract does not have`;
  if (content === undefined) return `answered ${status} without JSON`;
  if (status === 200) {
    return z.safeParse(schemas[operation].answer, content).success ? null : 'answered 200 with an unexpected body';
  }
  return refusalOf(answer) === null ? `answered ${status} with an unexpected body` : null;
}

/** Whether the answer repeats the id of its request, or has the id of another one. */
export function repeatedId({ headers, requestId }: WireAnswer, header: string): 'same' | 'other' | 'none' {
  const id = headers[header];
  return id === undefined ? 'none' : id === requestId ? 'same' : 'other';
}

/**
 * Whether the answer repeats the item of its request, as `answersShow: item` asks for: `source`,
 * for detokenize `token`, and for bulk tokenize the `source` of each result. `null` when it need
 * not.
 */
export function repeatedItem({ operation, body, status, content }: WireAnswer): 'same' | 'other' | 'none' | null {
  if (operation === 'prefetch' || status === 400) return null;
  if (operation === 'bulk-tokenize') {
    if (status !== 200) return null;
    const sources = listOf(body, 'items').map((item) => fieldOf(item, 'source'));
    return worst(listOf(content, 'results').map((result, index) => compare(fieldOf(result, 'source'), sources[index])));
  }
  const field = operation === 'detokenize' ? 'token' : 'source';
  const found = compare(fieldOf(content, field), fieldOf(body, field));
  // A refusal without a token may leave the item out.
  const mayLeaveOut = status !== 200 && fieldOf(content, 'token') === undefined;
  return mayLeaveOut && found === 'none' ? null : found;
}

const compare = (found: unknown, wanted: unknown): 'same' | 'other' | 'none' =>
  found === undefined ? 'none' : found === wanted ? 'same' : 'other';

const worst = (found: readonly ('same' | 'other' | 'none')[]): 'same' | 'other' | 'none' =>
  found.includes('other') ? 'other' : found.includes('none') ? 'none' : 'same';

/** A field of a value that may have any form. */
export const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null && field in value
    ? (value as Readonly<Record<string, unknown>>)[field]
    : undefined;

const listOf = (value: unknown, field: string): readonly unknown[] => {
  const list = fieldOf(value, field);
  return Array.isArray(list) ? list : [];
};

/** Why an answer does not show that it belongs to its request; `null` when it does. */
export function findOwnershipFault(
  answer: WireAnswer,
  { answersShow, headers }: Pick<TomeProfile, 'answersShow' | 'headers'>,
): string | null {
  // Without JSON a server in front of TOME wrote it, which is another fault.
  if (answer.content === undefined) return null;
  const found = answersShow === 'request-id' ? repeatedId(answer, headers.requestId) : repeatedItem(answer);
  if (found === null || found === 'same') return null;
  const what = answersShow === 'request-id' ? 'id' : 'item';
  return found === 'other' ? `has the ${what} of another request` : `does not repeat the request's ${what}`;
}
