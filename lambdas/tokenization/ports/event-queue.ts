import type { CardReference } from '../card-reference.ts';

/** One creation that others must hear of. Never a card number, never an internal token. */
export interface OutboxEvent {
  readonly pairId: bigint;
  readonly cardReference: CardReference;
  readonly occurredAt: Date;
}

/** What is sent (A7). The id depends on nothing but the reference, so that whoever receives an event twice can tell. */
export interface CardCreatedEvent {
  readonly eventId: string;
  readonly type: 'card-created';
  readonly version: 1;
  readonly domain: string;
  readonly cardReferenceId: CardReference;
  readonly occurredAt: string;
}

export interface EventQueue {
  /** Most events of one `send`. */
  readonly batchSize: number;
  /** The ids of the events that the queue has taken. Rejects when it took none. */
  send(events: readonly CardCreatedEvent[]): Promise<ReadonlySet<string>>;
}

export interface Outbox {
  take(limit: number): Promise<readonly OutboxEvent[]>;
  /** Ends events that the queue has taken. */
  close(events: readonly OutboxEvent[]): Promise<void>;
}
