import { type ApiRoute, ROUTES } from '../../lambdas/api/routes.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { grouped } from './card-traces.ts';
import { soundBody, spoiltBody } from './fuzz-bodies.ts';
import { Dice, type FuzzRequest, type KnownCard } from './fuzz-request.ts';

/** Makes requests: sound ones, and ones that are spoilt in one or two places. The same seed and answers give the same requests. */
export class RequestGenerator {
  /** Every card number that was put into a request. */
  readonly cards = new Set<string>();
  readonly #dice: Dice;
  readonly #known: KnownCard[] = [];
  #serial: number;

  constructor(random: () => number) {
    this.#dice = new Dice(random);
    this.#serial = 1_000 * this.#dice.below(900_000);
  }

  /** A card that later requests may ask for again. */
  learn(known: KnownCard): void {
    if (this.#known.length < 5_000) this.#known.push(known);
  }

  next(): FuzzRequest {
    const dice = this.#dice;
    const route = ROUTES[dice.below(ROUTES.length)] as ApiRoute;
    const value = this.#valueFor(route);
    const sound = this.#soundRequest(route, value);
    if (dice.chance(0.3)) return sound;
    if (dice.chance(0.08)) return this.#malformed(sound, value);
    let request = sound;
    if (route.request !== null && dice.chance(0.55)) request = this.#withSpoiltBody(request, fieldOf(route), value);
    if (dice.chance(0.35)) request = this.#withOddHeaders(request, value);
    if (dice.chance(0.25) || request === sound) request = this.#withOddTarget(request, value);
    return request;
  }

  #valueFor(route: ApiRoute): string {
    const dice = this.#dice;
    const known = this.#known[dice.below(Math.max(1, this.#known.length))];
    if (fieldOf(route) === 'cardReferenceId') {
      if (known !== undefined && dice.chance(0.6)) return known.reference;
      return dice.chance(0.5) ? `9${dice.digits(15)}` : this.#freshCard();
    }
    return known !== undefined && dice.chance(0.5) ? known.card : this.#freshCard();
  }

  #freshCard(): string {
    this.#serial += 1;
    const card = madeUpCard(this.#serial);
    this.cards.add(card);
    return card;
  }

  #soundRequest({ method, path, request, operation }: ApiRoute, value: string): FuzzRequest {
    const field = operation === 'detokenize' ? 'cardReferenceId' : 'cardNumber';
    return {
      what: operation,
      method,
      target: path,
      headers: {
        'content-type': 'application/json',
        ...(operation === 'create-card' && this.#dice.chance(0.3)
          ? { 'idempotency-key': `key-${this.#dice.below(50)}` }
          : {}),
      },
      body: request === null ? null : soundBody(field, value),
      card: field === 'cardNumber' && request !== null ? value : null,
      bytes: null,
    };
  }

  #withSpoiltBody(request: FuzzRequest, field: string, value: string): FuzzRequest {
    const { what, bytes } = spoiltBody(field, value, this.#dice);
    return { ...request, what: `${request.what}, body: ${what}`, body: bytes, card: null };
  }

  #withOddHeaders(request: FuzzRequest, value: string): FuzzRequest {
    const dice = this.#dice;
    const odd = dice.of<readonly [name: string, value: string]>([
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
    return { ...request, what: `${request.what}, header ${odd[0]}`, headers: { ...request.headers, [odd[0]]: odd[1] } };
  }

  #withOddTarget(request: FuzzRequest, value: string): FuzzRequest {
    const dice = this.#dice;
    const { target } = request;
    const method = dice.chance(0.4)
      ? dice.of(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'])
      : request.method;
    const changed = dice.of([
      target,
      `${target}?cardNumber=${value}`,
      `${target}/`,
      `/${target}`,
      target.replaceAll('/', '//'),
      target.toUpperCase(),
      `${target}/${value}`,
      `${target}%2F`,
      `${target}%00`,
      `${target}#fragment`,
      `${target};a=b`,
      `/v1/%63ards`,
      `/v1/../v1/cards`,
      '/',
      '/v2/cards',
      `/v1/cards/${value}`,
      '/favicon.ico',
      '/%',
      `/${'a'.repeat(9_000)}`,
      'http://127.0.0.1/v1/cards',
    ]);
    return { ...request, what: `${request.what}, target`, method, target: changed, card: null };
  }

  /** What no HTTP client would send. */
  #malformed(request: FuzzRequest, value: string): FuzzRequest {
    const text = this.#dice.of([
      `GET /v1/pool HTTP/1.1\r\nConnection: close\r\n\r\n`,
      `GET // HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      `GET http:// HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      `GET ${value} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      `POST /v1/cards HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\n{"a":`,
      `POST /v1/cards HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n`,
      `POST /v1/cards HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST /v1/cards HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n`,
      `POST /v1/cards HTTP/1.1\r\nHost: a\r\nExpect: something\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      `POST /v1/cards HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      `CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: a\r\n\r\n`,
      `GET /v1/pool HTTP/1.0\r\n\r\n`,
      `GET /v1/pool HTTP/9.9\r\nHost: a\r\n\r\n`,
      `GET /v1/pool HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`,
      `${value}\r\n\r\n`,
      `\u0000\u0001\u0002\r\n\r\n`,
    ]);
    return { ...request, what: 'malformed HTTP', body: null, card: null, bytes: Buffer.from(text) };
  }
}

const fieldOf = ({ operation }: ApiRoute): string => (operation === 'detokenize' ? 'cardReferenceId' : 'cardNumber');
