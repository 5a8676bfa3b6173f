import { type Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { FuzzAnswer, FuzzRequest } from './fuzz-request.ts';

/** After this time the request counts as unanswered. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Sends one request and reads its answer; `null` when there is none. */
export function exchange(base: URL, request: FuzzRequest, agent: Agent): Promise<FuzzAnswer | null> {
  return request.bytes === null ? send(base, request, agent) : write(base, request.bytes);
}

function send(base: URL, request: FuzzRequest, agent: Agent): Promise<FuzzAnswer | null> {
  const { method, target, body } = request;
  return new Promise((resolve) => {
    const headers = { ...request.headers, ...(body === null ? {} : { 'content-length': String(body.length) }) };
    const options = { host: base.hostname, port: base.port, method, path: target, headers, agent };
    const sent = httpRequest({ ...options, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        )
        .on('error', () => resolve(null));
    });
    sent.on('timeout', () => sent.destroy()).on('error', () => resolve(null));
    sent.end(body ?? undefined);
  });
}

/**
 * Writes bytes on a new connection and reads until the server closes it. The client does not end
 * its side, because Node's server would drop an answer that is not ready at that moment.
 */
function write(base: URL, bytes: Buffer): Promise<FuzzAnswer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(base.port), base.hostname, () => socket.write(bytes));
    const finish = (): void => {
      socket.destroy();
      resolve(parseAnswer(Buffer.concat(chunks).toString('utf8')));
    };
    socket
      .on('data', (chunk) => chunks.push(chunk))
      .on('close', finish)
      .on('error', finish);
    socket.setTimeout(ANSWER_TIMEOUT_MS, finish);
  });
}

/** The first answer in the text that a connection received. */
function parseAnswer(text: string): FuzzAnswer | null {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, Math.max(0, end)).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1];
  if (end < 0 || status === undefined) return null;
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const length = Number(headers['content-length'] ?? 0);
  return { status: Number(status), headers, text: text.slice(end + 4, end + 4 + length) };
}
