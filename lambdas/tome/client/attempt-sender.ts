import type { Clock } from '../../tokenization/ports/clock.ts';
import type { TomeCall } from '../../tokenization/ports/tome.ts';
import { TomeError } from '../../tokenization/tome-errors.ts';
import type { Lane, Namespace, Operation } from '../contract/contract.ts';
import type { AttemptPermit } from './attempt-gate.ts';
import { timeoutsOf } from './attempt-timeouts.ts';
import type { Credential } from './authentication/authentication.ts';
import type { CredentialReplacement } from './authentication/credential-replacement.ts';
import { CredentialRefused, CredentialReplaced } from './failures.ts';
import { type Answer, exchange, type Reply, type RequestBody } from './http-exchange.ts';
import type { TomeEndpoints } from './tome-endpoints.ts';

/** One attempt, for metrics. */
export interface ObservedCall {
  readonly namespace: Namespace;
  readonly operation: Operation;
  readonly lane: Lane;
  /** `ok`, the contract's name of a refusal, or the code of the error. */
  readonly outcome: string;
  readonly durationMs: number;
  readonly correlationId: string;
}

export interface TomeRequest<Name extends Operation, Content> {
  readonly namespace: Namespace;
  readonly operation: Name;
  readonly body: RequestBody<Name>;
  readonly call: TomeCall;
  readonly read: (answer: Answer<Name>) => Content;
}

export interface Admitted {
  readonly permit: AttemptPermit;
  readonly credential: Credential;
}

export interface Attempt extends Admitted {
  readonly onNewConnection: boolean;
  /** Whether the call may still retry. */
  readonly hasRetry: boolean;
  /** An earlier attempt of this call was answered 401. */
  readonly isCredentialReplaced: boolean;
}

export interface AttemptSenderParts {
  readonly endpoints: TomeEndpoints;
  readonly replacement: CredentialReplacement;
  readonly clock: Clock;
  readonly onCall?: ((call: ObservedCall) => void) | undefined;
}

/** Sends one attempt of a call and reports its outcome to the gate and to the observer. */
export class AttemptSender {
  readonly #parts: AttemptSenderParts;

  constructor(parts: AttemptSenderParts) {
    this.#parts = parts;
  }

  /** Rejects with a TomeError of one attempt, or of none when nothing was sent. */
  async send<Name extends Operation, Content>(
    { namespace, operation, body, call: { lane, correlationId, deadlineMs }, read }: TomeRequest<Name, Content>,
    { permit, credential, onNewConnection, hasRetry, isCredentialReplaced }: Attempt,
  ): Promise<Reply<Content>> {
    const { clock, onCall } = this.#parts;
    let outcome = 'unexpected';
    try {
      const received = await exchange(this.#parts.endpoints, {
        namespace,
        operation,
        body,
        lane,
        correlationId,
        credential,
        ...timeoutsOf(permit.timeoutMs, deadlineMs - clock.monotonicMs(), hasRetry),
        onNewConnection,
      });
      const reply = received.status === 200 ? { status: received.status, answer: read(received.answer) } : received;
      permit.succeed();
      outcome = reply.status === 200 ? 'ok' : reply.refusal.error;
      return reply;
    } catch (error) {
      if (error instanceof TomeError) outcome = error.code;
      const isReplaced =
        error instanceof CredentialRefused && this.#parts.replacement.replace(credential, isCredentialReplaced);
      const failure = isReplaced ? new CredentialReplaced(error.message, error) : error;
      permit.fail(failure, body);
      throw failure;
    } finally {
      const durationMs = clock.monotonicMs() - permit.startedMs;
      onCall?.({ namespace, operation, lane, outcome, durationMs, correlationId });
    }
  }
}
