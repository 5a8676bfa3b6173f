import { madeUpCard } from '../../local/made-up-cards.ts';
import { ReferenceBook } from './reference-book.ts';
import type { ApiAnswer, ApiRequest } from './sender.ts';

export const LOAD_OPERATIONS = ['create', 'lookup', 'detokenize'] as const;
export type LoadOperation = (typeof LOAD_OPERATIONS)[number];

/** How often each operation is chosen, against the others. */
export type OperationMix = Readonly<Record<LoadOperation, number>>;

export interface CardTrafficOptions {
  readonly mix: OperationMix;
  /** The serial of the first made-up card; each creation takes the next. */
  readonly firstSerial: number;
  /** Starts every correlation id, by which TOME's ledger tells this run's calls from others. */
  readonly runId: string;
  /** Whether each creation carries an Idempotency-Key of its own. */
  readonly idempotencyKeys: boolean;
  readonly random: () => number;
}

/** A request to send, and what to do with its answer. */
export interface CardRequest {
  readonly operation: LoadOperation;
  readonly request: ApiRequest;
  readonly judge: (answer: ApiAnswer) => void;
}

/** The API's own codes; another 404 only means that the address is wrong. */
const NOT_FOUND: ReadonlySet<string> = new Set(['card-not-found', 'reference-not-found']);

interface KnownCard {
  readonly card: string;
  readonly reference: string;
}

/** Creations of made-up cards, and reads of those that were answered by then; until one was, reads are creations. */
export class CardTraffic {
  readonly book = new ReferenceBook();
  readonly #options: CardTrafficOptions;
  readonly #known: KnownCard[] = [];
  #serial: number;
  #requests = 0;

  constructor(options: CardTrafficOptions) {
    this.#options = options;
    this.#serial = options.firstSerial;
  }

  next(): CardRequest {
    const known = this.#known[Math.floor(this.#options.random() * this.#known.length)];
    const operation = known === undefined ? 'create' : this.#choose();
    if (known === undefined || operation === 'create') return this.#create();
    return operation === 'lookup' ? this.#lookup(known) : this.#detokenize(known);
  }

  #choose(): LoadOperation {
    const { mix, random } = this.#options;
    let left = random() * LOAD_OPERATIONS.reduce((sum, operation) => sum + mix[operation], 0);
    for (const operation of LOAD_OPERATIONS) {
      left -= mix[operation];
      if (left < 0) return operation;
    }
    return 'create';
  }

  #create(): CardRequest {
    const card = madeUpCard(this.#serial);
    this.#serial += 1;
    const headers = this.#headers('create');
    const id = headers['x-correlation-id'] ?? '';
    return {
      operation: 'create',
      request: {
        method: 'POST',
        path: '/v1/cards',
        body: { cardNumber: card },
        headers: this.#options.idempotencyKeys ? { ...headers, 'idempotency-key': id } : headers,
      },
      judge: ({ error, body }) => {
        const reference = body['cardReferenceId'];
        if (error !== null || typeof reference !== 'string') return;
        this.book.note(card, reference);
        this.#known.push({ card, reference });
      },
    };
  }

  #lookup({ card }: KnownCard): CardRequest {
    return this.#read('lookup', '/v1/cards/lookup', { cardNumber: card }, ({ body }) => {
      if (typeof body['cardReferenceId'] === 'string') this.book.note(card, body['cardReferenceId']);
    });
  }

  #detokenize({ reference }: KnownCard): CardRequest {
    return this.#read('detokenize', '/v1/references/detokenize', { cardReferenceId: reference }, ({ body }) => {
      if (typeof body['cardNumber'] === 'string') this.book.note(body['cardNumber'], reference);
    });
  }

  #read(
    operation: LoadOperation,
    path: string,
    body: Readonly<Record<string, string>>,
    judge: (answer: ApiAnswer) => void,
  ): CardRequest {
    return {
      operation,
      request: { method: 'POST', path, body, headers: this.#headers(operation) },
      judge: (answer) => {
        if (answer.error !== null && NOT_FOUND.has(answer.error)) this.book.noteMissing();
        else judge(answer);
      },
    };
  }

  #headers(operation: LoadOperation): Record<string, string> {
    this.#requests += 1;
    return { 'x-correlation-id': `${this.#options.runId}.${operation}.${this.#requests}` };
  }
}
