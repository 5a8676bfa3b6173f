import type { Caller, RequestOrigin } from '../callers/caller.ts';
import type { CardReference } from '../model/card-reference.ts';

/** Who saw which card number, when: one record for each one disclosed (invariant I14). Never the number itself. */
export interface DisclosureRecord {
  readonly cardReference: CardReference;
  readonly caller: Caller;
  readonly correlationId: string;
  readonly origin: RequestOrigin;
}

/** Written before the answer leaves; a record that cannot be written stops the disclosure. */
export type RecordDisclosure = (record: DisclosureRecord) => void;
