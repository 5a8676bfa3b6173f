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
  KeptConnectionLost,
  KeptConnectionSilent,
  RequestUnwritable,
} from './attempt-failure.ts';

export interface WireRequest {
  /** Below the base URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /**
   * The most that a kept connection gets, so that a dead one leaves time for a new one; and one
   * that was idle for a while.
   */
  readonly keptTimeoutMs: number;
  readonly doubtfulTimeoutMs: number;
  /** For a request that must not be sent twice, and after a kept connection failed. */
  readonly onNewConnection: boolean;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Empty where the status alone decides. */
  readonly text: string;
}

/**
 * A connection idle for longer is not used again: AWS's network load balancers and TOME's own
 * servers keep theirs for longer.
 */
const MAX_IDLE_MS = 4_000;
/** A connection idle for longer than this may have been frozen with its process. */
const DOUBTFUL_IDLE_MS = 1_000;

/** The largest answer is a prefetch of 5,000 tokens with expiries, well below this many bytes. */
const MAX_ANSWER_BYTES = 2_000_000;

/** Statuses whose body TOME's contract gives a meaning to. Other bodies are not waited for. */
const STATUSES_WITH_CONTENT: ReadonlySet<number> = new Set([200, 400, 404, 409]);

/**
 * HTTP connections to TOME. Not `fetch`, because `fetch` does not say whether a request was
 * written: here nothing is written before the connection stands (TLS included), so every failure
 * before that is certain to have sent nothing, and a pair may go back to the pool on this word.
 * Redirects are not followed.
 *
 * No failure keeps an error's message or the error itself: they may quote the request.
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

  /** Rejects with a TomeError of one attempt, or of none when certainly nothing was sent. */
  post(wire: WireRequest): Promise<WireAnswer> {
    this.#dropIdle(wire.onNewConnection ? 0 : MAX_IDLE_MS);
    const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
    let request: http.ClientRequest;
    try {
      request = this.#open(wire);
    } catch (error) {
      return Promise.reject(new RequestUnwritable(`Not sent: ${codeOf(error)}.`, { attempts: 0 }));
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
      timer = setTimeout(expire, this.#keptTimeoutMs(socket, wire));
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
      // Once it is being answered the reader says how that ends.
      if (!isAnswered) reject(new TomeOutcomeUnknown('TOME closed the connection.', { attempts: wasSent ? 1 : 0 }));
    });
    return promise;
  }

  #open({ path, headers, body }: WireRequest): http.ClientRequest {
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
    // What happened to one kept connection has most likely happened to all.
    this.#dropIdle(0);
    return new KeptConnectionSilent('TOME did not answer in time on a kept connection.', { attempts: 1 });
  }

  #keptTimeoutMs(socket: Socket, { keptTimeoutMs, doubtfulTimeoutMs }: WireRequest): number {
    return Math.max(1, Math.ceil(this.#idleMs(socket) > DOUBTFUL_IDLE_MS ? doubtfulTimeoutMs : keptTimeoutMs));
  }

  /**
   * Ends the connections that were idle for longer than this. By comparing times and not by timers,
   * which do not run while a Lambda is frozen.
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

async function readAnswer(response: http.IncomingMessage): Promise<WireAnswer> {
  const { statusCode: status = 0, headers } = response;
  if (!STATUSES_WITH_CONTENT.has(status)) {
    // Read to its end, so that the connection can be used again; the request's timer ends one that
    // never ends.
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
    throw new TomeOutcomeUnknown(`TOME's answer broke off: ${codeOf(error)}.`, { attempts: 1 });
  }
  return { status, headers, text: Buffer.concat(chunks).toString('utf8') };
}

function failureOf(error: unknown, wasSent: boolean, isKept: boolean): TomeError {
  const code = codeOf(error);
  if (!wasSent) return new TomeUnavailable(`TOME could not be reached: ${code}.`, { attempts: 0 });
  const isLost = isKept && (code === 'ECONNRESET' || code === 'EPIPE');
  return new (isLost ? KeptConnectionLost : TomeOutcomeUnknown)(`TOME did not answer: ${code}.`, { attempts: 1 });
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
