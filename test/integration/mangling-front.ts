import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Mangled {
  /** TOME's status by default. */
  readonly status?: number;
  /** `{}` by default. */
  readonly text?: string;
  /** Added to the answer's headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Replaces TOME's answer to a call by another text, status or header. `undefined` keeps the answer.
 */
export type Mangle = (call: {
  readonly path: string;
  /** Of the request. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly text: string;
}) => string | Mangled | undefined;

export interface ManglingFront {
  readonly url: string;
  /** With `null` no answer is changed. */
  mangle: Mangle | null;
  close(): Promise<void>;
}

/**
 * A proxy in front of the simulator. It forwards calls and changes single answers, for instance the
 * one about a certain card. The faults of the simulator cannot select an answer by its content.
 */
export async function startFront(tomeUrl: string): Promise<ManglingFront> {
  const front = { url: '', mangle: null as Mangle | null, close: () => Promise.resolve() };
  const server = createServer((asked, answered) => {
    void (async () => {
      const body = await textOf(asked);
      const upstream = send(`${tomeUrl}${asked.url}`, { method: 'POST', headers: asked.headers }, (response) => {
        void textOf(response).then((text) => {
          const { statusCode: status = 500 } = response;
          const mangled = front.mangle?.({
            path: asked.url ?? '',
            headers: asked.headers,
            body: jsonOf(body),
            status,
            text,
          });
          const headers = Object.fromEntries(
            Object.entries(response.headers).filter(([name]) => !OF_THE_CONNECTION.has(name)),
          );
          if (typeof mangled === 'object') {
            answered.writeHead(mangled.status ?? status, { ...headers, ...mangled.headers }).end(mangled.text ?? '{}');
          } else answered.writeHead(status, headers).end(mangled ?? text);
        });
      });
      // A connection that TOME closes without an answer is closed to the client too.
      upstream.on('error', () => answered.destroy()).end(body);
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  front.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  front.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
  return front;
}

/** Headers that the front writes for its own answer. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['connection', 'content-length', 'transfer-encoding']);

/** Empty for a body that is not JSON, such as a request for an access token. */
function jsonOf(body: string): Readonly<Record<string, unknown>> {
  return body.startsWith('{') ? JSON.parse(body) : {};
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
