import type { CardReference } from '../model/card-reference.ts';

/** A row of the outbox: one new reference. Contains no card number and no internal token. */
export interface OutboxEvent {
  readonly pairId: bigint;
  readonly cardReference: CardReference;
  readonly occurredAt: Date;
}

/**
 * The event that is sent, in the words of its producer domain. Its id depends on the reference
 * only, so a receiver can detect repeats.
 */
export interface ReferenceEvent {
  readonly eventId: string;
  /** `card-created` or `account-created`. */
  readonly type: string;
  readonly version: 1;
  readonly domain: string;
  readonly occurredAt: string;
  /** The reference, in `cardReferenceId` or `accountReferenceId`. */
  readonly [referenceField: string]: string | number;
}

/** How a producer domain speaks of its events. */
export interface EventWords {
  readonly domain: string;
  readonly type: string;
  readonly referenceField: string;
}

/** Events that the queue refused for the same reason. */
export interface EventRefusal {
  /** The queue's own code, such as `KMS.AccessDeniedException`. */
  readonly code: string;
  /** `message`: the queue may accept other events. `queue`: it accepts none at present. */
  readonly scope: 'message' | 'queue';
  /** Whether the queue names the sender as the cause. */
  readonly isSenderFault: boolean;
  readonly count: number;
}

export interface SendResult {
  /** The ids of the accepted events. */
  readonly accepted: ReadonlySet<string>;
  /** Events that the queue refused, although the call as a whole succeeded. */
  readonly refusals: readonly EventRefusal[];
}

export interface EventQueue {
  /** The most events of one `send`. */
  readonly batchSize: number;
  /** Rejects when the call failed. The queue may have accepted some events even then. */
  send(events: readonly ReferenceEvent[]): Promise<SendResult>;
}

export interface Outbox {
  /** Takes due events for a time, so that no other run sends them. */
  take(limit: number): Promise<readonly OutboxEvent[]>;
  /** Removes events that the queue has accepted. */
  close(events: readonly OutboxEvent[]): Promise<void>;
}
