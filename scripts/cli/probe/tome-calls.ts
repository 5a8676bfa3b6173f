import * as z from 'zod/mini';
import {
  TomeAccessDenied,
  TomeGatewayAnswered,
  TomeOutcomeUnknown,
  TomeRateLimited,
} from '../../../lambdas/tokenization/tome-errors.ts';
import { invalidAnswer, type RequestBody } from '../../../lambdas/tome/client/http-exchange.ts';
import { type Namespace, type Operation, schemas } from '../../../lambdas/tome/contract/contract.ts';
import { fieldOf, refusalOf, type WireAnswer } from '../wire/wire-answer.ts';
import type { WireCalls, WireRequest } from '../wire/wire-calls.ts';

/** An answer that follows the contract exactly. The product accepts more. */
type Answer<Name extends Operation> = z.core.output<(typeof schemas)[Name]['answer']>;

/** TOME's answer, or a refusal of the contract. */
export type ProbeReply<Name extends Operation> =
  | { readonly status: 200; readonly answer: Answer<Name> }
  | { readonly status: number; readonly refusal: { readonly error: string; readonly token?: string } };

/** Calls to TOME without retries, which remember what came back. */
export class TomeCalls {
  readonly #wire: WireCalls;
  /** In the order of the calls, without those of bursts. */
  readonly answers: WireAnswer[] = [];
  #sent = 0;

  constructor(wire: WireCalls) {
    this.#wire = wire;
  }

  /** The number of calls, bursts included. */
  get sent(): number {
    return this.#sent;
  }

  /**
   * Returns the answer of TOME, also a refusal. Rejects with a TomeError when there is no valid
   * answer. Whether the answer shows its request is not checked.
   */
  async call<Name extends Operation>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
  ): Promise<ProbeReply<Name>> {
    const answer = await this.send({ namespace, operation, body });
    this.answers.push(answer);
    assertAnswered(answer);
    if (answer.status === 200) {
      const { success, data } = z.safeParse(schemas[operation].answer, answer.content);
      if (!success) throw invalidAnswer(`${operation} has an unexpected body`);
      return { status: 200, answer: data as Answer<Name> };
    }
    const error = refusalOf(answer);
    if (error === null) throw invalidAnswer(`status ${answer.status} with an unexpected body`);
    const token = fieldOf(answer.content, 'token');
    return { status: answer.status, refusal: { error, ...(typeof token === 'string' ? { token } : {}) } };
  }

  /** Any answer. Rejects with a TomeError when there was none. */
  send(request: WireRequest): Promise<WireAnswer> {
    this.#sent += 1;
    return this.#wire.call(request);
  }

  /** Sends all requests at once. */
  burst(requests: readonly WireRequest[]): Promise<readonly WireAnswer[]> {
    return Promise.all(requests.map((request) => this.send(request)));
  }
}

/** Throws for a status that is no answer of the contract. */
function assertAnswered({ status }: WireAnswer): void {
  if (status === 429) throw new TomeRateLimited('TOME answered 429.', { attempts: 1 });
  if (status === 401 || status === 403 || status === 407) {
    const message = `TOME refuses access with ${status}: give --profile a draft with its authentication, and TOME_CREDENTIAL.`;
    throw new TomeAccessDenied(message, { attempts: 1 });
  }
  if (status >= 500) throw new TomeOutcomeUnknown(`TOME answered ${status}.`, { attempts: 1 });
  if (status !== 200 && status !== 400 && status !== 404 && status !== 409) {
    throw new TomeGatewayAnswered(`A gateway in front of TOME answered ${status}.`, { attempts: 1 });
  }
}
