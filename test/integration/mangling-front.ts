import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Replaces TOME's answer to a call by another text or another status. `undefined` keeps the answer.
 */
export type Mangle = (call: {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}) => string | { readonly status: number; readonly text?: string } | undefined;

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
          const mangled = front.mangle?.({ path: asked.url ?? '', body: JSON.parse(body), text });
          const headers = {
            'content-type': 'application/json',
            'x-request-id': response.headers['x-request-id'] ?? '',
          };
          if (typeof mangled === 'object') answered.writeHead(mangled.status, headers).end(mangled.text ?? '{}');
          else answered.writeHead(response.statusCode ?? 500, headers).end(mangled ?? text);
        });
      });
      upstream.end(body);
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

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
