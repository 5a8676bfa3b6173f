import type { ServerResponse } from 'node:http';
import type { FaultKind } from './faults.ts';

/** Answers of a gateway in front of TOME: no JSON and no request id. */
const PAGES: Partial<
  Record<FaultKind, { readonly status: number; readonly headers: Readonly<Record<string, string>> }>
> = {
  'edge-rate-limited': { status: 429, headers: { 'retry-after': '1' } },
  'gateway-page': { status: 404, headers: {} },
  'gateway-page-after': { status: 404, headers: {} },
  'access-denied': { status: 403, headers: {} },
  redirected: { status: 307, headers: { location: 'https://sign-in.invalid/' } },
};

export function sendGatewayPage(response: ServerResponse, kind: FaultKind): void {
  const page = PAGES[kind];
  if (page === undefined || response.destroyed || response.headersSent) return;
  response
    .writeHead(page.status, { 'content-type': 'text/html', ...page.headers })
    .end(`<html><body><h1>${page.status}</h1></body></html>`);
}
