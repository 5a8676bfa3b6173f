import { CARD_DOMAIN, type SampleDomain } from '../../local/sample-domain.ts';
import { ReferenceChecker } from './reference-checker.ts';
import type { ApiAnswer, ApiRequest } from './sender.ts';

export const LOAD_OPERATIONS = ['create', 'lookup', 'detokenize'] as const;
export type LoadOperation = (typeof LOAD_OPERATIONS)[number];

/** The weight of each operation. */
export type OperationMix = Readonly<Record<LoadOperation, number>>;

export interface CardTrafficOptions {
  /** The producer domain whose API is called. Default: a card domain. */
  readonly domain?: SampleDomain;
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
const NOT_FOUND: ReadonlySet<string> = new Set(['card-not-found', 'account-not-found', 'reference-not-found']);

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
  readonly #domain: SampleDomain;
  readonly #known: KnownCard[] = [];
  #serial: number;
  #requests = 0;

  constructor(options: CardTrafficOptions) {
    this.#options = options;
    this.#domain = options.domain ?? CARD_DOMAIN;
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
    const { items, fields } = this.#domain.vocabulary;
    const card = this.#domain.madeUpSource(this.#serial);
    this.#serial += 1;
    const headers = this.#headers('create');
    const id = headers['x-correlation-id'] ?? '';
    return {
      operation: 'create',
      request: {
        method: 'POST',
        path: `/v1/${items}`,
        body: { [fields.source.name]: card },
        headers: this.#options.idempotencyKeys ? { ...headers, 'idempotency-key': id } : headers,
      },
      check: ({ error, body }) => {
        const reference = body[fields.reference.name];
        if (error !== null || typeof reference !== 'string') return;
        this.references.record(card, reference);
        this.#known.push({ card, reference });
      },
    };
  }

  #lookup({ card }: KnownCard): CardRequest {
    const { items, fields } = this.#domain.vocabulary;
    return this.#read('lookup', `/v1/${items}/lookup`, { [fields.source.name]: card }, ({ body }) => {
      const reference = body[fields.reference.name];
      if (typeof reference === 'string') this.references.record(card, reference);
    });
  }

  #detokenize({ reference }: KnownCard): CardRequest {
    const { fields } = this.#domain.vocabulary;
    const asked = { [fields.reference.name]: reference };
    return this.#read('detokenize', '/v1/references/detokenize', asked, ({ body }) => {
      const source = body[fields.source.name];
      if (typeof source === 'string') this.references.record(source, reference);
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
