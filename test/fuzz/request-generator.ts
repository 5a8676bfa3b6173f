import { type ApiRoute, routesIn } from '../../lambdas/api/routes.ts';
import type { SampleDomain } from '../../scripts/local/sample-domain.ts';
import { grouped } from './card-traces.ts';
import { mutatedBody, validBody } from './fuzz-bodies.ts';
import type { FuzzRequest, KnownCard } from './fuzz-request.ts';
import { RandomChoice } from './random-choice.ts';

/**
 * Generates valid requests, and requests that are changed in up to three parts. The same seed and
 * the same learned cards give the same requests.
 */
export class RequestGenerator {
  /** Every card number that a request contained. */
  readonly cards = new Set<string>();
  readonly #random: RandomChoice;
  readonly #domain: SampleDomain;
  readonly #routes: readonly ApiRoute[];
  readonly #known: KnownCard[] = [];
  #serial: number;

  constructor(random: () => number, domain: SampleDomain) {
    this.#random = new RandomChoice(random);
    this.#domain = domain;
    this.#routes = routesIn(domain.vocabulary);
    this.#serial = 1_000 * this.#random.below(900_000);
  }

  /** Adds a card that later requests can use again. */
  learn(known: KnownCard): void {
    if (this.#known.length < 5_000) this.#known.push(known);
  }

  next(): FuzzRequest {
    const random = this.#random;
    const route = this.#routes[random.below(this.#routes.length)] as ApiRoute;
    const value = this.#valueFor(route);
    const valid = this.#validRequest(route, value);
    if (random.chance(0.3)) return valid;
    if (random.chance(0.08)) return this.#malformed(valid, value);
    let request = valid;
    if (route.request !== null && random.chance(0.55))
      request = this.#withMutatedBody(request, this.#fieldOf(route), value);
    if (random.chance(0.35)) request = this.#withUnusualHeader(request, value);
    if (random.chance(0.25) || request === valid) request = this.#withUnusualTarget(request, value);
    return request;
  }

  #valueFor(route: ApiRoute): string {
    const random = this.#random;
    const known = this.#known[random.below(Math.max(1, this.#known.length))];
    if (route.row.http.request === 'reference') {
      if (known !== undefined && random.chance(0.6)) return known.reference;
      return random.chance(0.5) ? `9${random.digits(15)}` : this.#freshCard();
    }
    return known !== undefined && random.chance(0.5) ? known.card : this.#freshCard();
  }

  #freshCard(): string {
    this.#serial += 1;
    const card = this.#domain.madeUpSource(this.#serial);
    this.cards.add(card);
    return card;
  }

  #validRequest(route: ApiRoute, value: string): FuzzRequest {
    const { method, path, request, operation, row } = route;
    return {
      description: operation,
      method,
      target: path,
      headers: {
        'content-type': 'application/json',
        ...(operation === 'create-card' && this.#random.chance(0.3)
          ? { 'idempotency-key': `key-${this.#random.below(50)}` }
          : {}),
      },
      body: request === null ? null : validBody(this.#fieldOf(route), value),
      card: row.http.request === 'source' ? value : null,
      bytes: null,
    };
  }

  #withMutatedBody(request: FuzzRequest, field: string, value: string): FuzzRequest {
    const { description, bytes } = mutatedBody(field, value, this.#random);
    return { ...request, description: `${request.description}, body: ${description}`, body: bytes, card: null };
  }

  #withUnusualHeader(request: FuzzRequest, value: string): FuzzRequest {
    const random = this.#random;
    const [name, text] = random.of<readonly [name: string, value: string]>([
      ['content-type', 'text/plain'],
      ['content-type', 'application/xml; charset=utf-16'],
      ['content-type', ''],
      ['accept', 'text/html'],
      ['accept-encoding', 'br'],
      ['idempotency-key', ''],
      ['idempotency-key', 'a b'],
      ['idempotency-key', 'x'.repeat(256)],
      ['idempotency-key', 'x'.repeat(255)],
      ['idempotency-key', value],
      ['idempotency-key', '\u00e9'],
      ['x-correlation-id', 'trace-1'],
      ['x-correlation-id', value],
      ['x-correlation-id', grouped(value, '-')],
      ['x-correlation-id', `${value.slice(0, 8)}-${value.slice(8, 12)}-${value.slice(12, 16)}-0000-000000000000`],
      ['x-correlation-id', 'x'.repeat(200)],
      ['x-correlation-id', ''],
      ['user-agent', value],
      ['cookie', `card=${value}`],
      ['x-forwarded-for', '203.0.113.9'],
      ['x-http-method-override', 'DELETE'],
      ['expect', '100-continue'],
      ['authorization', 'AWS4-HMAC-SHA256 Credential=x'],
      ['x-padding', 'x'.repeat(9_000)],
    ]);
    const headers = { ...request.headers, [name]: text };
    return { ...request, description: `${request.description}, header ${name}`, headers };
  }

  #withUnusualTarget(request: FuzzRequest, value: string): FuzzRequest {
    const random = this.#random;
    const { target } = request;
    const { items, fields } = this.#domain.vocabulary;
    const method = random.chance(0.4)
      ? random.of(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'])
      : request.method;
    const changed = random.of([
      target,
      `${target}?${fields.source.name}=${value}`,
      `${target}/`,
      `/${target}`,
      target.replaceAll('/', '//'),
      target.toUpperCase(),
      `${target}/${value}`,
      `${target}%2F`,
      `${target}%00`,
      `${target}#fragment`,
      `${target};a=b`,
      `/v1/%${items.charCodeAt(0).toString(16)}${items.slice(1)}`,
      `/v1/../v1/${items}`,
      '/',
      `/v2/${items}`,
      `/v1/${items}/${value}`,
      '/favicon.ico',
      '/%',
      `/${'a'.repeat(9_000)}`,
      `http://127.0.0.1/v1/${items}`,
    ]);
    return { ...request, description: `${request.description}, target`, method, target: changed, card: null };
  }

  /** Bytes that no HTTP client would send. */
  #malformed(request: FuzzRequest, value: string): FuzzRequest {
    const { items } = this.#domain.vocabulary;
    const text = this.#random.of([
      `GET /v1/pool HTTP/1.1\r\nConnection: close\r\n\r\n`,
      `GET // HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      `GET http:// HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      `GET ${value} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      `POST /v1/${items} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\n{"a":`,
      `POST /v1/${items} HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n`,
      `POST /v1/${items} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST /v1/${items} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n`,
      `POST /v1/${items} HTTP/1.1\r\nHost: a\r\nExpect: something\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      `POST /v1/${items} HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      `CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: a\r\n\r\n`,
      `GET /v1/pool HTTP/1.0\r\n\r\n`,
      `GET /v1/pool HTTP/9.9\r\nHost: a\r\n\r\n`,
      `GET /v1/pool HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`,
      `${value}\r\n\r\n`,
      `\u0000\u0001\u0002\r\n\r\n`,
    ]);
    return { ...request, description: 'malformed HTTP', body: null, card: null, bytes: Buffer.from(text) };
  }

  #fieldOf({ row }: ApiRoute): string {
    return this.#domain.vocabulary.fields[row.http.request ?? 'source'].name;
  }
}
