import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { framesOf, nameOf } from '../../../lambdas/runtime/own-error.ts';
import { answerConnectionFaults, writeAnswer } from './connection-faults.ts';
import { type HttpAnswer, problemAnswer } from './problem-answer.ts';
import { MAX_TARGET_LENGTH, requestTarget } from './request-target.ts';

/** A complete and well-formed request. */
export interface ReceivedRequest {
  readonly method: string;
  /** The raw path: neither decoded nor normalized. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly sourceIp: string;
}

export interface LoopbackServerOptions {
  /** 0 selects a free port. */
  readonly port: number;
  readonly maxBodyBytes: number;
  /**
   * Answers one request. An error is a bug: the client gets 500, and it is shown on standard error.
   */
  readonly serve: (request: ReceivedRequest, response: ServerResponse) => Promise<void>;
  /** Milliseconds for sending one request. */
  readonly requestTimeoutMs?: number;
  /** With certificates the server speaks HTTPS. */
  readonly certificates?: ServerCertificates;
}

/** Certificates and keys in PEM. */
export interface ServerCertificates {
  readonly certificate: string;
  readonly privateKey: string;
  /** Signed the certificates of clients. A client without one is not connected (mutual TLS). */
  readonly clientAuthority: string;
}

export interface LoopbackServer {
  readonly url: string;
  /** Open requests have `graceMs` milliseconds until they are cut off. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Milliseconds of an idle connection. Long enough that a client does not send while it is closed.
 */
const IDLE_CONNECTION_MS = 65_000;

/**
 * Well above the limit of a request target, so that a long target gets its own answer instead of
 * the one for long headers.
 */
const MAX_HEADER_BYTES = 131_072;

const REQUEST_TIMEOUT_MS = 60_000;

/**
 * An HTTP server on 127.0.0.1 that answers every request, also one that is malformed, too large or
 * never complete. Rejects when the port is in use.
 */
export async function startLoopbackServer(options: LoopbackServerOptions): Promise<LoopbackServer> {
  const { port, maxBodyBytes, serve, requestTimeoutMs = REQUEST_TIMEOUT_MS, certificates } = options;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const body = await readBody(request, maxBodyBytes);
      // The client disconnected while it sent the body.
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

  const settings = {
    keepAliveTimeout: IDLE_CONNECTION_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    // Node's own refusal of a missing Host has no body; `headFault` refuses it instead.
    requireHostHeader: false,
  };
  const server =
    certificates === undefined ? createServer(settings) : createTlsServer({ ...settings, ...tlsOf(certificates) });
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
    url: `${certificates === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
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

const tlsOf = ({ certificate, privateKey, clientAuthority }: ServerCertificates) => ({
  cert: certificate,
  key: privateKey,
  ca: clientAuthority,
  requestCert: true,
  rejectUnauthorized: true,
});

/**
 * Reads the complete body, also one that is too large: a client that is cut off while it sends
 * would not read the answer.
 */
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

/** RFC 9112, section 3.2: a request must have exactly one Host header. */
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

/** Shows name and stack frames without the message, which can quote the request. */
function showBug(error: unknown): void {
  process.stderr.write(`request failed: ${nameOf(error)}\n${framesOf(error).join('\n')}\n`);
}
