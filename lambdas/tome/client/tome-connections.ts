import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '../../tokenization/ports/clock.ts';
import {
  TomeAnswerInvalid,
  type TomeError,
  TomeOutcomeUnknown,
  TomeUnavailable,
} from '../../tokenization/tome-errors.ts';
import {
  AttemptTimedOut,
  ConnectTimedOut,
  RequestUnwritable,
  ReusedConnectionLost,
  ReusedConnectionSilent,
} from './failures.ts';

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

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Empty when the status alone decides. */
  readonly text: string;
}

/** A longer idle connection is not reused. AWS load balancers and servers close theirs later. */
const MAX_IDLE_MS = 4_000;
/** A longer idle connection may have been frozen together with the function. */
const STALE_IDLE_MS = 1_000;

/** Far more than the largest answer, a prefetch of 5,000 tokens with expiries. */
const MAX_ANSWER_BYTES = 2_000_000;

/** Statuses whose body has a meaning in the contract. Other bodies are not read. */
const STATUSES_WITH_CONTENT: ReadonlySet<number> = new Set([200, 400, 404, 409]);

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
  readonly #usedAtMs = new WeakMap<object, number>();

  constructor(baseUrl: string, clock: Pick<Clock, 'monotonicMs'>) {
    this.#base = new URL(baseUrl);
    this.#clock = clock;
    this.#agent = new (this.#isTls ? https.Agent : http.Agent)({ keepAlive: true });
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
      readAnswer(response).then(resolve, end);
    });
    request.once('error', (error) => {
      if (!isAnswered) reject(failureOf(error, wasSent, request.reusedSocket));
    });
    request.once('close', () => {
      clearTimeout(timer);
      // After the answer has begun, `readAnswer` decides the outcome.
      if (!isAnswered) reject(new TomeOutcomeUnknown('TOME closed the connection.', { attempts: wasSent ? 1 : 0 }));
    });
    return promise;
  }

  #open({ path, headers, body }: PostRequest): http.ClientRequest {
    const url = new URL(this.#base);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
    return (this.#isTls ? https : http).request(url, {
      method: 'POST',
      agent: this.#agent,
      headers: { ...headers, accept: 'application/json', 'content-length': Buffer.byteLength(body) },
    });
  }

  #timedOut(wasSent: boolean, isSilent: boolean): TomeError {
    if (!wasSent) return new ConnectTimedOut('TOME could not be reached in time.', { attempts: 0 });
    if (!isSilent) return new AttemptTimedOut('TOME did not answer in time.', { attempts: 1 });
    // The other idle connections are most likely dead for the same reason.
    this.#dropIdle(0);
    return new ReusedConnectionSilent('TOME did not answer in time on a reused connection.', { attempts: 1 });
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
}

async function readAnswer(response: http.IncomingMessage): Promise<ReceivedAnswer> {
  const { statusCode: status = 0, headers } = response;
  if (!STATUSES_WITH_CONTENT.has(status)) {
    // Drained, so that the connection can be reused. The request's timer ends an endless body.
    response.on('error', () => undefined).resume();
    return { status, headers, text: '' };
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES) throw new TomeAnswerInvalid("TOME's answer is too long.", { attempts: 1 });
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof TomeAnswerInvalid) throw error;
    throw new TomeOutcomeUnknown(`TOME's answer ended early: ${codeOf(error)}.`, { attempts: 1 });
  }
  return { status, headers, text: Buffer.concat(chunks).toString('utf8') };
}

function failureOf(error: unknown, wasSent: boolean, isReused: boolean): TomeError {
  const code = codeOf(error);
  if (!wasSent) return new TomeUnavailable(`TOME could not be reached: ${code}.`, { attempts: 0 });
  const isLost = isReused && (code === 'ECONNRESET' || code === 'EPIPE');
  return new (isLost ? ReusedConnectionLost : TomeOutcomeUnknown)(`TOME did not answer: ${code}.`, { attempts: 1 });
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
