import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../../lambdas/tokenization/ports/clock.ts';
import { madeUpCard } from '../../../../scripts/local/made-up-cards.ts';
import type { ClientAnswer } from '../../checker/evidence.ts';

const WAIT_MS = 20;
const MOST_WAITS = 1_500;

/** How long a client waits for one answer. */
const CLIENT_TIMEOUT_MS = 6_000;

interface ReceivedAnswer {
  readonly status: number;
  readonly body: Record<string, string>;
  /** The body of an answer that is an error. */
  readonly text: string;
}

/** What the checker gets for a request without an answer. */
const UNANSWERED: ReceivedAnswer = { status: 599, body: {}, text: '' };

/** Clients that create, look up and detokenize until they are stopped, and record every answer. */
export class ClientLoad {
  readonly answers: ClientAnswer[] = [];
  readonly #urls: () => readonly string[];
  readonly #random: Random;
  #isStopped = false;
  #serial = 0;
  readonly #workers: Promise<void>[] = [];

  constructor(urls: () => readonly string[], random: Random) {
    this.#urls = urls;
    this.#random = random;
  }

  /** How many creations were answered with a reference so far. */
  get acknowledged(): number {
    return this.answers.filter(({ operation, status }) => operation === 'create' && status < 300).length;
  }

  /**
   * Resolves when `more` further creations were acknowledged. On a slow machine a process needs
   * seconds before its first answer, and a fault before that tests nothing. Gives up after 30 s,
   * because the last fault may have stopped the service.
   */
  async untilAcknowledged(more: number): Promise<void> {
    const wanted = this.acknowledged + more;
    for (let waits = 0; waits < MOST_WAITS && this.acknowledged < wanted; waits += 1) {
      await sleep(WAIT_MS);
    }
  }

  start(clients: number): void {
    for (let client = 0; client < clients; client += 1) this.#workers.push(this.#work());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    while (!this.#isStopped) {
      const chance = this.#random();
      if (chance < 0.75) await this.#create();
      else await this.#read(chance < 0.88);
    }
  }

  /** Tries a creation until it succeeds, usually with a key, as clients should. */
  async #create(): Promise<void> {
    this.#serial += 1;
    const isRepeat = this.#random() < 0.15;
    const serial = isRepeat ? Math.ceil(this.#random() * this.#serial) : this.#serial;
    const card = madeUpCard(serial);
    const key = this.#random() < 0.7 ? { idempotencyKey: `order-${this.#serial}` } : {};
    for (let attempt = 0; attempt < 8 && !this.#isStopped; attempt += 1) {
      const headers = key.idempotencyKey === undefined ? {} : { 'idempotency-key': key.idempotencyKey };
      const { status, body, text } = await this.#post('/v1/cards', { cardNumber: card }, headers);
      const read = pick(body, 'cardReferenceId', 'reference');
      this.answers.push({ operation: 'create', status, card, text, ...key, ...read });
      if (status < 400 || status === 422) return;
      await sleep(50 + this.#random() * 150);
    }
  }

  async #read(byCard: boolean): Promise<void> {
    const created = this.answers.filter(({ operation, status }) => operation === 'create' && status < 300);
    const known = created[Math.floor(this.#random() * created.length)];
    if (known?.card === undefined || known.reference === undefined) {
      await sleep(WAIT_MS);
      return;
    }
    if (byCard) {
      const { status, body, text } = await this.#post('/v1/cards/lookup', { cardNumber: known.card }, {});
      this.answers.push({
        operation: 'lookup',
        status,
        card: known.card,
        text,
        ...pick(body, 'cardReferenceId', 'reference'),
      });
    } else {
      const request = { cardReferenceId: known.reference };
      const { status, body, text } = await this.#post('/v1/references/detokenize', request, {});
      this.answers.push({
        operation: 'detokenize',
        status,
        reference: known.reference,
        text,
        ...pick(body, 'cardNumber', 'card'),
      });
    }
  }

  async #post(path: string, body: object, headers: Record<string, string>): Promise<ReceivedAnswer> {
    const urls = this.#urls();
    const url = urls[Math.floor(this.#random() * urls.length)];
    if (url === undefined) {
      await sleep(50);
      return UNANSWERED;
    }
    try {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers,
        signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
      });
      const text = await response.text();
      const received = JSON.parse(text) as Record<string, string>;
      return { status: response.status, body: received, text: response.ok ? '' : text };
    } catch {
      // The process was killed or is stopped, so the outcome is unknown.
      return UNANSWERED;
    }
  }
}

const pick = <Name extends string>(body: Record<string, string>, from: string, to: Name) => {
  const value = body[from];
  return (value === undefined ? {} : { [to]: value }) as Partial<Record<Name, string>>;
};
