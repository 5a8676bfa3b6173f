import type { CardReference } from '../model/card-reference.ts';

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

/** Events that the queue refused for the same reason. */
export interface EventRefusal {
  /** The queue's own code, such as `KMS.AccessDeniedException`. */
  readonly code: string;
  /** `message`: another event may be taken. `queue`: the queue takes none at present, as far as the code tells. */
  readonly scope: 'message' | 'queue';
  /** Whether the queue blames its sender. */
  readonly isSenderFault: boolean;
  readonly count: number;
}

export interface SendResult {
  /** The ids of the events that the queue has taken. */
  readonly accepted: ReadonlySet<string>;
  /** What the queue refused within an answer that is a success as a whole. */
  readonly refusals: readonly EventRefusal[];
}

export interface EventQueue {
  /** Most events of one `send`. */
  readonly batchSize: number;
  /** Rejects when the call itself failed; then the queue may have taken some of the events. */
  send(events: readonly CardCreatedEvent[]): Promise<SendResult>;
}

export interface Outbox {
  take(limit: number): Promise<readonly OutboxEvent[]>;
  /** Ends events that the queue has taken. */
  close(events: readonly OutboxEvent[]): Promise<void>;
}
