import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { framesOf, nameOf } from '../../../lambdas/runtime/own-error.ts';
import { answerConnectionFaults, writeAnswer } from './connection-faults.ts';
import { type HttpAnswer, problemAnswer } from './problem-answer.ts';
import { MAX_TARGET_LENGTH, requestTarget } from './request-target.ts';

/** A request that is whole and well formed. */
export interface ReceivedRequest {
  readonly method: string;
  /** As it was sent: neither decoded nor normalized. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly sourceIp: string;
}

export interface LoopbackServerOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly maxBodyBytes: number;
  /** Answers one request. What it throws is a bug: it is answered 500 and shown on standard error. */
  readonly serve: (request: ReceivedRequest, response: ServerResponse) => Promise<void>;
  /** How long a client may take to send one request, in milliseconds. */
  readonly requestTimeoutMs?: number;
}

export interface LoopbackServer {
  readonly url: string;
  /** Requests under way get `graceMs` milliseconds to be answered. */
  close(graceMs?: number): Promise<void>;
}

/** Long enough that no client sends on a connection while it is being closed, in milliseconds. */
const IDLE_CONNECTION_MS = 65_000;

/** Well above a target's own limit, so that a long target is told from long headers. */
const MAX_HEADER_BYTES = 131_072;

const REQUEST_TIMEOUT_MS = 60_000;

/**
 * An HTTP server on 127.0.0.1 that answers every request, also one that is malformed, too large or never complete. Rejects when the port
 * is in use.
 */
export async function startLoopbackServer(options: LoopbackServerOptions): Promise<LoopbackServer> {
  const { port, maxBodyBytes, serve, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const body = await readBody(request, maxBodyBytes);
      // The client went away in the middle of its body: there is nothing to answer and nobody to answer it to.
      if (body === 'aborted') return;
      const fault = headFault(request) ?? (body === 'too-large' ? tooLarge(maxBodyBytes) : null);
      const target = requestTarget(request.url ?? '');
      if (fault !== null || target === null) return writeAnswer(response, fault ?? badTarget(request));
      const { method = '', headers, socket } = request;
      const sourceIp = socket.remoteAddress ?? '127.0.0.1';
      await serve({ method, ...target, headers, body: body.toString('utf8'), sourceIp }, response);
    } catch (error) {
      showBug(error);
      writeAnswer(response, problemAnswer(500, 'unexpected', 'The request failed. The reason is on standard error.'));
    }
  };

  const server = createServer({
    keepAliveTimeout: IDLE_CONNECTION_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    // Node's own refusal of a missing Host has no body; `headFault` refuses it instead.
    requireHostHeader: false,
  });
  answerConnectionFaults(server, { maxHeaderBytes: MAX_HEADER_BYTES });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => void handle(request, response));
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers['content-length']) > maxBodyBytes) {
      const answer = tooLarge(maxBodyBytes);
      writeAnswer(response, { ...answer, headers: { ...answer.headers, Connection: 'close' } });
      return;
    }
    response.writeContinue();
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    writeAnswer(response, problemAnswer(417, 'expectation-failed', 'Expect may only be 100-continue.'));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', 4_096, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close(graceMs = 500) {
      const isClosed = new Promise((resolve) => {
        server.close(resolve);
      });
      if (graceMs > 0) setTimeout(() => server.closeAllConnections(), graceMs).unref();
      else server.closeAllConnections();
      await isClosed;
    },
  };
}

/** Reads the whole body, also one that is too large: a client that is cut off while it sends would not see the answer. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too-large' | 'aborted'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
    }
  } catch {
    return 'aborted';
  }
  return bytes <= maxBytes ? Buffer.concat(chunks) : 'too-large';
}

/** RFC 9112, section 3.2: a request without Host, or with two, is refused. */
function headFault({ httpVersion, rawHeaders }: IncomingMessage): HttpAnswer | null {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    return problemAnswer(400, 'malformed-request', 'The request must have exactly one Host header.');
  }
  return null;
}

const badTarget = ({ url = '' }: IncomingMessage): HttpAnswer =>
  url.length > MAX_TARGET_LENGTH
    ? problemAnswer(400, 'target-too-long', `The request target must be at most ${MAX_TARGET_LENGTH} characters.`)
    : problemAnswer(400, 'malformed-request', 'The request target is neither a path nor an http URL.');

const tooLarge = (maxBytes: number): HttpAnswer =>
  problemAnswer(413, 'body-too-large', `The body must be at most ${maxBytes} bytes.`);

/** Name and place without the message, which may quote what was sent. */
function showBug(error: unknown): void {
  process.stderr.write(`request failed: ${nameOf(error)}\n${framesOf(error).join('\n')}\n`);
}
