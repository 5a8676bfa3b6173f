import type { Clock, Random } from '../../tokenization/ports/clock.ts';
import type { TomeCall } from '../../tokenization/ports/tome.ts';
import { TomeError } from '../../tokenization/tome-errors.ts';
import type { Namespace, Operation } from '../contract/contract.ts';
import type { TomeProfile } from '../profile/tome-profile.ts';
import { AttemptGate, type AttemptGateObservers, type AttemptGateSettings } from './attempt-gate.ts';
import { type Admitted, AttemptSender, type ObservedCall } from './attempt-sender.ts';
import { type Authentication, type Credential, noAuthentication } from './authentication/authentication.ts';
import { CredentialReplacement } from './authentication/credential-replacement.ts';
import type { ClientCertificate } from './client-certificate.ts';
import {
  CredentialReplaced,
  CredentialUnavailable,
  isOfReusedConnection,
  mayRepeat,
  mostUncertainFailure,
  ReusedConnectionLost,
  requestedPauseMs,
  withAttempts,
} from './failures.ts';
import type { Answer, Reply, RequestBody } from './http-exchange.ts';
import { RetryBudget, type RetryTiming, retryDelayMs } from './retry-policy.ts';
import { TomeEndpoints } from './tome-endpoints.ts';

export interface TomeSettings extends RetryTiming, Omit<AttemptGateSettings, 'limitScope'> {
  /** Of the namespaces that have no URL in the profile. */
  readonly baseUrl: string;
  /** Attempts of one call, the first one included. */
  readonly maxAttempts: number;
  /** Retries for each call on average: 0.1 is one retry in ten calls. */
  readonly retryRatio: number;
}

export interface TomeClientOptions extends AttemptGateObservers {
  readonly settings: TomeSettings;
  readonly profile: TomeProfile;
  /** Default: none. */
  readonly authentication?: Authentication;
  readonly certificate?: ClientCertificate | undefined;
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
 * Sends calls to TOME: one or more attempts, each through the gate. The only layer that retries.
 */
export class TomeClient {
  readonly #options: TomeClientOptions;
  readonly #gate: AttemptGate;
  readonly #retries: RetryBudget;
  readonly #authentication: Authentication;
  readonly #sender: AttemptSender;

  constructor(options: TomeClientOptions) {
    const { settings, profile, clock, onCall, authentication = noAuthentication } = options;
    this.#options = options;
    this.#gate = new AttemptGate({ ...settings, limitScope: profile.limits.scope }, clock, options);
    this.#retries = new RetryBudget(settings.retryRatio, clock);
    this.#authentication = authentication;
    this.#sender = new AttemptSender({
      endpoints: new TomeEndpoints({ baseUrl: settings.baseUrl, ...options }, clock),
      replacement: new CredentialReplacement(authentication, clock),
      clock,
      onCall,
    });
  }

  /** Throws the TomeError with which a call would be refused now. */
  assertAdmits(namespace: Namespace, operation: Operation, call: TomeCall): void {
    this.#authentication.assertReady();
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
    let refused: Credential | null = null;
    for (let attempt = 1; ; attempt += 1) {
      const isCredentialReplaced = refused !== null;
      const admitted: Admitted = await this.#admit(namespace, operation, call, refused).catch((refusal: unknown) => {
        if (isCredentialReplaced && refusal instanceof CredentialUnavailable) {
          this.#gate.countDenied(namespace, operation, body);
        }
        throw mostUncertain === null ? refusal : withAttempts(mostUncertain, sent);
      });
      if (attempt === 1 && !isConnectionReplaced && !isCredentialReplaced) this.#retries.earn();
      let failure: TomeError;
      try {
        const reply = await this.#sender.send(request, {
          ...admitted,
          onNewConnection: isConnectionReplaced || operation === 'prefetch',
          hasRetry: this.#retries.hasRetry(),
          isCredentialReplaced,
        });
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
      if (failure instanceof CredentialReplaced) {
        // TOME did nothing, so this is also right for prefetch. It is not counted as an attempt.
        refused = admitted.credential;
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

  /**
   * Waits for a credential, then for the gate, so that a call without a credential holds no permit.
   * `refused`: the credential with which TOME answered 401 to this call.
   */
  async #admit(
    namespace: Namespace,
    operation: Operation,
    call: TomeCall,
    refused: Credential | null,
  ): Promise<Admitted> {
    await this.#authentication.ready(call.deadlineMs, refused);
    const permit = await this.#gate.acquire(namespace, operation, call);
    try {
      // The credential can expire while the call waits for the gate.
      let credential = this.#authentication.current(refused);
      while (credential === null) {
        await this.#authentication.ready(call.deadlineMs, refused);
        credential = this.#authentication.current(refused);
      }
      return { permit, credential };
    } catch (error) {
      permit.abandon();
      throw error;
    }
  }

  /**
   * A lost connection was no load for TOME. A silent one may have been, so its replacement takes a
   * retry.
   */
  #mayReplaceConnection(failure: TomeError): boolean {
    return failure instanceof ReusedConnectionLost || this.#retries.spend();
  }
}
