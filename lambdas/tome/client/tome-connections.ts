import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '../../tokenization/ports/clock.ts';
import { type TomeError, TomeOutcomeUnknown, TomeUnavailable } from '../../tokenization/tome-errors.ts';
import { type ClientCertificate, tlsOptionsOf } from './client-certificate.ts';
import {
  AttemptTimedOut,
  ConnectTimedOut,
  RequestUnwritable,
  ReusedConnectionLost,
  ReusedConnectionSilent,
} from './failures.ts';
import { codeOf, type ReceivedAnswer, readAnswer } from './received-answer.ts';

/** Timeouts in milliseconds, by how the connection was used before. */
export interface RequestTimeouts {
  readonly timeoutMs: number;
  readonly reusedTimeoutMs: number;
  /** For a reused connection that was idle for a while. */
  readonly staleTimeoutMs: number;
}

export interface PostRequest extends RequestTimeouts {
  /** Below the base URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For a request that must not be sent twice, and after a reused connection failed. */
  readonly onNewConnection: boolean;
}

export interface ConnectionOptions {
  readonly certificate?: ClientCertificate | undefined;
  /** What error messages call the server. */
  readonly server?: string;
}

/** A longer idle connection is not reused. AWS load balancers and servers close theirs later. */
const MAX_IDLE_MS = 4_000;
/** A longer idle connection may have been frozen together with the function. */
const STALE_IDLE_MS = 1_000;

/**
 * HTTP connections to TOME. Nothing is written before the connection is open, TLS included, so a
 * failure before that proves that nothing was sent, and the pair can be released. `fetch` does not
 * say whether a request was written. Redirects are not followed.
 *
 * A failure contains neither the original error nor its message: they can quote the request.
 */
export class TomeConnections {
  readonly #base: URL;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #agent: http.Agent;
  readonly #server: string;
  readonly #usedAtMs = new WeakMap<object, number>();

  /** The certificate is presented over https only. */
  constructor(
    baseUrl: string,
    clock: Pick<Clock, 'monotonicMs'>,
    { certificate, server = 'TOME' }: ConnectionOptions = {},
  ) {
    this.#base = new URL(baseUrl);
    this.#clock = clock;
    this.#server = server;
    this.#agent = this.#isTls
      ? new https.Agent({ keepAlive: true, ...tlsOptionsOf(certificate) })
      : new http.Agent({ keepAlive: true });
  }

  get #isTls(): boolean {
    return this.#base.protocol === 'https:';
  }

  /** Rejects with a TomeError of one attempt, or of none when nothing was sent. */
  post(wire: PostRequest): Promise<ReceivedAnswer> {
    this.#dropIdle(wire.onNewConnection ? 0 : MAX_IDLE_MS);
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedAnswer>();
    let request: http.ClientRequest;
    try {
      request = this.#open(wire);
    } catch (error) {
      return Promise.reject(
        new RequestUnwritable(`The request could not be written: ${codeOf(error)}.`, { attempts: 0 }),
      );
    }
    let wasSent = false;
    let isAnswered = false;
    const end = (failure: TomeError): void => {
      reject(failure);
      request.destroy();
    };
    const expire = (): void => end(this.#timedOut(wasSent, request.reusedSocket && !isAnswered));
    let timer = setTimeout(expire, Math.max(1, Math.ceil(wire.timeoutMs)));

    request.once('socket', (socket: Socket) => {
      const send = (): void => {
        wasSent = true;
        request.end(wire.body);
      };
      if (!request.reusedSocket) {
        socket.once(this.#isTls ? 'secureConnect' : 'connect', send);
        return;
      }
      clearTimeout(timer);
      timer = setTimeout(expire, this.#reusedTimeoutMs(socket, wire));
      send();
    });
    request.once('response', (response) => {
      isAnswered = true;
      const { socket } = request;
      response.once('end', () => {
        if (socket !== null) this.#usedAtMs.set(socket, this.#clock.monotonicMs());
      });
      readAnswer(response, this.#server).then(resolve, end);
    });
    request.once('error', (error) => {
      if (!isAnswered) reject(this.#failureOf(error, wasSent, request.reusedSocket));
    });
    request.once('close', () => {
      clearTimeout(timer);
      // After the answer has begun, `readAnswer` decides the outcome.
      if (!isAnswered) reject(this.#closed(wasSent));
    });
    return promise;
  }

  /** The address of a path below the base URL. */
  urlOf(path: string): URL {
    const url = new URL(this.#base);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
    return url;
  }

  #open({ path, headers, body }: PostRequest): http.ClientRequest {
    return (this.#isTls ? https : http).request(this.urlOf(path), {
      method: 'POST',
      agent: this.#agent,
      headers: { ...headers, accept: 'application/json', 'content-length': Buffer.byteLength(body) },
    });
  }

  #timedOut(wasSent: boolean, isSilent: boolean): TomeError {
    if (!wasSent) return new ConnectTimedOut(`${this.#server} could not be reached in time.`, { attempts: 0 });
    if (!isSilent) return new AttemptTimedOut(`${this.#server} did not answer in time.`, { attempts: 1 });
    // The other idle connections are most likely dead for the same reason.
    this.#dropIdle(0);
    return new ReusedConnectionSilent(`${this.#server} did not answer in time on a reused connection.`, {
      attempts: 1,
    });
  }

  #reusedTimeoutMs(socket: Socket, { reusedTimeoutMs, staleTimeoutMs }: PostRequest): number {
    return Math.max(1, Math.ceil(this.#idleMs(socket) > STALE_IDLE_MS ? staleTimeoutMs : reusedTimeoutMs));
  }

  /**
   * Closes longer idle connections. Compares times, because timers stop while a Lambda is frozen.
   */
  #dropIdle(mostMs: number): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of sockets ?? []) if (mostMs === 0 || this.#idleMs(socket) > mostMs) socket.destroy();
    }
  }

  #idleMs(socket: object): number {
    const usedAtMs = this.#usedAtMs.get(socket);
    return usedAtMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.monotonicMs() - usedAtMs;
  }

  #failureOf(error: unknown, wasSent: boolean, isReused: boolean): TomeError {
    const code = codeOf(error);
    if (!wasSent) return new TomeUnavailable(`${this.#server} could not be reached: ${code}.`, { attempts: 0 });
    const isLost = isReused && (code === 'ECONNRESET' || code === 'EPIPE');
    const Failure = isLost ? ReusedConnectionLost : TomeOutcomeUnknown;
    return new Failure(`${this.#server} did not answer: ${code}.`, { attempts: 1 });
  }

  #closed(wasSent: boolean): TomeError {
    return new TomeOutcomeUnknown(`${this.#server} closed the connection.`, { attempts: wasSent ? 1 : 0 });
  }
}
