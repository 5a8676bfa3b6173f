import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type HttpAnswer, problemAnswer } from './problem-answer.ts';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Milliseconds for which a refused client can continue to send before its connection is closed. */
const LINGER_MS = 1_000;

/** Writes an answer. Does nothing when the client has disconnected or already has an answer. */
export function writeAnswer(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

/**
 * Answers with an RFC 9457 problem where Node's HTTP server would send an empty body or close the
 * connection: bytes that are not HTTP, headers that are too long, requests that never end, CONNECT.
 */
export function answerConnectionFaults(server: Server, limits: { maxHeaderBytes: number }): void {
  const exchanges = new WeakMap<Duplex, Set<Exchange>>();

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const exchange = { request, response };
    const open = exchanges.get(request.socket) ?? new Set();
    exchanges.set(request.socket, open.add(exchange));
    response.once('close', () => open.delete(exchange));
  });

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const answer = answerTo(error.code, limits);
    const open = [...(exchanges.get(socket) ?? [])];
    const incomplete = open.find(({ request }) => !request.complete);
    if (incomplete !== undefined && !incomplete.response.headersSent) {
      incomplete.response.once('finish', () => endSoon(socket));
      writeAnswer(incomplete.response, closing(answer));
      return;
    }
    // Earlier requests on this connection are answered first: the client matches answers by order.
    void Promise.all(open.map(({ response }) => closed(response))).then(() => refuse(socket, answer));
  });

  server.on('connect', (_request, socket) => {
    refuse(socket, problemAnswer(400, 'malformed-request', 'This server is not a proxy.'));
  });
}

function answerTo(code: string | undefined, { maxHeaderBytes }: { maxHeaderBytes: number }): HttpAnswer {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return problemAnswer(431, 'headers-too-large', `The headers must be at most ${maxHeaderBytes} bytes.`);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return problemAnswer(408, 'request-timeout', 'The request was not complete in time.');
  }
  return problemAnswer(400, 'malformed-request', 'The request is not valid HTTP.');
}

const closing = (answer: HttpAnswer): HttpAnswer => ({
  ...answer,
  headers: { ...answer.headers, Connection: 'close' },
});

async function closed(response: ServerResponse): Promise<void> {
  if (response.closed) return;
  await new Promise((resolve) => response.once('close', resolve));
}

/** Writes an answer to a connection without a complete request. */
function refuse(socket: Duplex, answer: HttpAnswer): void {
  if (!socket.writable) return;
  const { status, headers, body } = closing(answer);
  const lines = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body) });
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`);
  socket.write(`${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
  endSoon(socket);
}

/**
 * Closing a connection with unread bytes resets it, and a client that is still sending would lose
 * the answer.
 */
function endSoon(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.end();
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
