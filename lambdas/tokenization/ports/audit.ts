import type { Caller, RequestOrigin } from '../callers/caller.ts';
import type { CardReference } from '../model/card-reference.ts';

/** One disclosed card number (docs/design.md#i14). Contains the reference, never the number. */
export interface DisclosureRecord {
  readonly cardReference: CardReference;
  readonly caller: Caller;
  readonly correlationId: string;
  readonly origin: RequestOrigin;
}

/** Called before the answer is sent. When it throws, the card number is not disclosed. */
export type RecordDisclosure = (record: DisclosureRecord) => void;
