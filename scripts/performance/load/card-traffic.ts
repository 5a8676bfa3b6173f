import { madeUpCard } from '../../local/made-up-cards.ts';
import { ReferenceChecker } from './reference-checker.ts';
import type { ApiAnswer, ApiRequest } from './sender.ts';

export const LOAD_OPERATIONS = ['create', 'lookup', 'detokenize'] as const;
export type LoadOperation = (typeof LOAD_OPERATIONS)[number];

/** The weight of each operation. */
export type OperationMix = Readonly<Record<LoadOperation, number>>;

export interface CardTrafficOptions {
  readonly mix: OperationMix;
  /** The serial number of the first made-up card. Each creation uses the next one. */
  readonly firstSerial: number;
  /**
   * The prefix of every correlation id, which identifies the calls of this run in the ledger of
   * TOME.
   */
  readonly runId: string;
  /** Whether each creation has a new Idempotency-Key. */
  readonly idempotencyKeys: boolean;
  readonly random: () => number;
}

/** A request, and the check of its answer. */
export interface CardRequest {
  readonly operation: LoadOperation;
  readonly request: ApiRequest;
  readonly check: (answer: ApiAnswer) => void;
}

/** Codes of the API. Another 404 means that the address is wrong. */
const NOT_FOUND: ReadonlySet<string> = new Set(['card-not-found', 'reference-not-found']);

interface KnownCard {
  readonly card: string;
  readonly reference: string;
}

/**
 * Creates made-up cards, and reads those whose creation was answered. Until the first answer, reads
 * are replaced by creations.
 */
export class CardTraffic {
  readonly references = new ReferenceChecker();
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
      check: ({ error, body }) => {
        const reference = body['cardReferenceId'];
        if (error !== null || typeof reference !== 'string') return;
        this.references.record(card, reference);
        this.#known.push({ card, reference });
      },
    };
  }

  #lookup({ card }: KnownCard): CardRequest {
    return this.#read('lookup', '/v1/cards/lookup', { cardNumber: card }, ({ body }) => {
      if (typeof body['cardReferenceId'] === 'string') this.references.record(card, body['cardReferenceId']);
    });
  }

  #detokenize({ reference }: KnownCard): CardRequest {
    return this.#read('detokenize', '/v1/references/detokenize', { cardReferenceId: reference }, ({ body }) => {
      if (typeof body['cardNumber'] === 'string') this.references.record(body['cardNumber'], reference);
    });
  }

  #read(
    operation: LoadOperation,
    path: string,
    body: Readonly<Record<string, string>>,
    check: (answer: ApiAnswer) => void,
  ): CardRequest {
    return {
      operation,
      request: { method: 'POST', path, body, headers: this.#headers(operation) },
      check: (answer) => {
        if (answer.error !== null && NOT_FOUND.has(answer.error)) this.references.recordMissing();
        else check(answer);
      },
    };
  }

  #headers(operation: LoadOperation): Record<string, string> {
    this.#requests += 1;
    return { 'x-correlation-id': `${this.#options.runId}.${operation}.${this.#requests}` };
  }
}
