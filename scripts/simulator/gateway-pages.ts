import type { ServerResponse } from 'node:http';

/** Answers of a gateway in front of TOME: no JSON and no request id. */
const PAGES = {
  'edge-rate-limited': { status: 429, headers: { 'retry-after': '1' } },
  'gateway-page': { status: 404, headers: {} },
  'gateway-page-after': { status: 404, headers: {} },
  'access-denied': { status: 403, headers: {} },
  redirected: { status: 307, headers: { location: 'https://sign-in.invalid/' } },
} as const satisfies Readonly<
  Record<string, { readonly status: number; readonly headers: Readonly<Record<string, string>> }>
>;

export function sendGatewayPage(response: ServerResponse, kind: keyof typeof PAGES): void {
  if (response.destroyed || response.headersSent) return;
  const { status, headers } = PAGES[kind];
  response
    .writeHead(status, { 'content-type': 'text/html', ...headers })
    .end(`<html><body><h1>${status}</h1></body></html>`);
}
