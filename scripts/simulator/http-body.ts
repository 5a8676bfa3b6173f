import type { ServerResponse } from 'node:http';

/** The text is not JSON. The message of the parser would quote it. */
export class NotJson extends Error {
  override readonly name = 'NotJson';

  constructor() {
    super('The body must be JSON.');
  }
}

/** Throws NotJson. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotJson();
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers })
    .end(text);
}
