import type { Clock, Random } from '../../tokenization/ports/clock.ts';
import type { TomeCall } from '../../tokenization/ports/tome.ts';
import { TomeError } from '../../tokenization/tome-errors.ts';
import type { Lane, Namespace, Operation } from '../contract/contract.ts';
import {
  AttemptGate,
  type AttemptGateObservers,
  type AttemptGateSettings,
  type AttemptPermit,
} from './attempt-gate.ts';
import {
  isOfReusedConnection,
  mayRepeat,
  mostUncertainFailure,
  ReusedConnectionLost,
  requestedPauseMs,
  withAttempts,
} from './failures.ts';
import { type Answer, exchange, type Reply, type RequestBody } from './http-exchange.ts';
import { RetryBudget, type RetryTiming, retryDelayMs } from './retry-policy.ts';
import { TomeConnections } from './tome-connections.ts';

export interface TomeSettings extends RetryTiming, AttemptGateSettings {
  readonly baseUrl: string;
  /** Attempts of one call, the first one included. */
  readonly maxAttempts: number;
  /** Retries for each call on average: 0.1 is one retry in ten calls. */
  readonly retryRatio: number;
}

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

export interface TomeClientOptions extends AttemptGateObservers {
  readonly settings: TomeSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly onCall?: (call: ObservedCall) => void;
}

export interface CountedReply<Content> {
  readonly reply: Reply<Content>;
  /** Requests that may have reached TOME, this one included. */
  readonly attempts: number;
}

/**
 * What a reused connection may take of the time until the deadline: a new one must fit after it.
 */
const REUSED_SHARE_OF_TIME_LEFT = 0.5;
/** What a connection that was idle for a while may take of an attempt's timeout. */
const STALE_SHARE_OF_TIMEOUT = 0.5;

interface Request<Name extends Operation, Content> {
  readonly namespace: Namespace;
  readonly operation: Name;
  readonly body: RequestBody<Name>;
  readonly call: TomeCall;
  readonly read: (answer: Answer<Name>) => Content;
}

/**
 * Sends calls to TOME: one or more attempts, each through the gate. The only layer that retries.
 */
export class TomeClient {
  readonly #options: TomeClientOptions;
  readonly #gate: AttemptGate;
  readonly #retries: RetryBudget;
  readonly #connections: TomeConnections;

  constructor(options: TomeClientOptions) {
    const { settings, clock } = options;
    this.#options = options;
    this.#gate = new AttemptGate(settings, clock, options);
    this.#retries = new RetryBudget(settings.retryRatio, clock);
    this.#connections = new TomeConnections(settings.baseUrl, clock);
  }

  /** Throws the TomeError with which a call would be refused now. */
  assertAdmits(namespace: Namespace, operation: Operation, call: TomeCall): void {
    this.#gate.assertAdmits(namespace, operation, call);
  }

  /**
   * TOME's answer as `read` returns it, or a refusal that the contract defines. `read` throws a
   * LastingAnswer for an item that the domain cannot use. Rejects with a TomeError that counts the
   * requests that may have reached TOME.
   */
  async call<Name extends Operation, Content>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
    call: TomeCall,
    read: (answer: Answer<Name>) => Content,
  ): Promise<CountedReply<Content>> {
    const { settings, clock, random } = this.#options;
    const request = { namespace, operation, body, call, read };
    let sent = 0;
    let mostUncertain: TomeError | null = null;
    let isConnectionReplaced = false;
    for (let attempt = 1; ; attempt += 1) {
      const permit = await this.#gate.acquire(namespace, operation, call).catch((refusal: unknown) => {
        throw mostUncertain === null ? refusal : withAttempts(mostUncertain, sent);
      });
      if (attempt === 1 && !isConnectionReplaced) this.#retries.earn();
      let failure: TomeError;
      try {
        const reply = await this.#attempt(request, permit, isConnectionReplaced || operation === 'prefetch');
        return { reply, attempts: sent + 1 };
      } catch (error) {
        if (!(error instanceof TomeError)) throw error;
        failure = error;
      }
      sent += failure.attempts;
      mostUncertain = mostUncertainFailure(mostUncertain, failure);
      if (isOfReusedConnection(failure) && !isConnectionReplaced && this.#mayReplaceConnection(failure)) {
        // The attempt failed because of a connection that an earlier call left: it is not counted.
        isConnectionReplaced = true;
        attempt -= 1;
        continue;
      }
      const delayMs = retryDelayMs(attempt, settings, random, requestedPauseMs(failure));
      const isInTime = clock.monotonicMs() + delayMs < call.deadlineMs;
      if (!mayRepeat(operation, failure) || attempt >= settings.maxAttempts || !isInTime || !this.#retries.spend()) {
        throw withAttempts(mostUncertain, sent);
      }
      await clock.sleep(delayMs);
    }
  }

  async #attempt<Name extends Operation, Content>(
    { namespace, operation, body, call: { lane, correlationId }, read }: Request<Name, Content>,
    permit: AttemptPermit,
    onNewConnection: boolean,
  ): Promise<Reply<Content>> {
    const { clock, onCall } = this.#options;
    let outcome = 'unexpected';
    try {
      const received = await exchange(this.#connections, {
        namespace,
        operation,
        body,
        lane,
        correlationId,
        ...this.#timeouts(permit),
        onNewConnection,
      });
      const reply = received.status === 200 ? { status: received.status, answer: read(received.answer) } : received;
      permit.succeed();
      outcome = reply.status === 200 ? 'ok' : reply.refusal.error;
      return reply;
    } catch (error) {
      if (error instanceof TomeError) outcome = error.code;
      permit.fail(error, body);
      throw error;
    } finally {
      const durationMs = clock.monotonicMs() - permit.startedMs;
      onCall?.({ namespace, operation, lane, outcome, durationMs, correlationId });
    }
  }

  /**
   * A reused connection gets less time than a new one, so that a dead one leaves time for a retry.
   * Without a retry it gets the whole timeout, because a slow TOME would fail for nothing.
   */
  #timeouts({ timeoutMs, timeLeftMs }: AttemptPermit) {
    if (!this.#retries.hasRetry()) return { timeoutMs, reusedTimeoutMs: timeoutMs, staleTimeoutMs: timeoutMs };
    const reusedTimeoutMs = Math.min(timeoutMs, timeLeftMs * REUSED_SHARE_OF_TIME_LEFT);
    return {
      timeoutMs,
      reusedTimeoutMs,
      staleTimeoutMs: Math.min(reusedTimeoutMs, timeoutMs * STALE_SHARE_OF_TIMEOUT),
    };
  }

  /**
   * A lost connection was no load for TOME. A silent one may have been, so its replacement takes a
   * retry.
   */
  #mayReplaceConnection(failure: TomeError): boolean {
    return failure instanceof ReusedConnectionLost || this.#retries.spend();
  }
}
