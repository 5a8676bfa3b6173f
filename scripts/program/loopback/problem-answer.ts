import { randomUUID } from 'node:crypto';

/** A complete HTTP answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Malformed request',
  404: 'No such route',
  405: 'Method not allowed',
  408: 'Request timeout',
  413: 'Request body too large',
  417: 'Expectation failed',
  429: 'Too many requests',
  431: 'Request headers too large',
  500: 'Unexpected error',
  503: 'Service unavailable',
};

/** An RFC 9457 problem in the format of the API. `detail` repeats nothing from the request. */
export function problemAnswer(
  status: number,
  code: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const correlationId = randomUUID();
  const type = `urn:card-tokenization-pool:problem:${code}`;
  const body = { type, title: TITLES[status] ?? 'Problem', status, code, detail, correlationId };
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json', 'X-Correlation-Id': correlationId, ...headers },
    body: JSON.stringify(body),
  };
}
