import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Handles one request. `requestId` is the id that TOME would repeat. */
export type Act = (response: ServerResponse, request: ScriptedRequest) => void;

export interface ScriptedRequest {
  readonly path: string;
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ScriptedTome {
  readonly url: string;
  /** The paths of the requests, in order. */
  readonly paths: readonly string[];
  readonly requestIds: readonly string[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** Handles the next requests in this order, and all later ones with the last act. */
  script(...acts: readonly Act[]): void;
  close(): Promise<void>;
}

/** An HTTP server with scripted answers, for answers that the simulator does not give. */
export async function startScriptedTome(): Promise<ScriptedTome> {
  const paths: string[] = [];
  const requestIds: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  let acts: Act[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const requestId = String(request.headers['x-request-id']);
      paths.push(request.url ?? '');
      requestIds.push(requestId);
      headers.push(request.headers);
      const act = acts.length > 1 ? acts.shift() : acts[0];
      act?.(response, { path: request.url ?? '', requestId, headers: request.headers, body });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    requestIds,
    headers,
    script(...next) {
      acts = [...next];
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** An answer of TOME that repeats the request's id. */
export const answers =
  (status: number, content: unknown, headers: Readonly<Record<string, string>> = {}): Act =>
  (response, { requestId }) => {
    response.writeHead(status, { 'x-request-id': requestId, ...headers }).end(JSON.stringify(content));
  };

/** Returns the request's body, so that an error that quotes the answer contains the card number. */
export const echoes =
  (status: number): Act =>
  (response, { requestId, body }) => {
    response.writeHead(status, { 'x-request-id': requestId }).end(body);
  };

export const resets: Act = (response) => {
  response.destroy();
};

export const staysSilent: Act = () => {};

export const truncates =
  (content: unknown): Act =>
  (response, { requestId }) => {
    const text = JSON.stringify(content);
    response.writeHead(200, { 'x-request-id': requestId, 'content-length': text.length }).write(text.slice(0, -3));
    setImmediate(() => response.destroy());
  };

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('utf8');
}
