import { type Caller, callerName, type RequestOrigin } from '../../tokenization/callers/caller.ts';
import { findFormatFault } from '../../tokenization/model/reference-format.ts';
import type { RecordDisclosure } from '../../tokenization/ports/audit.ts';
import { auditLogger } from './logger.ts';

/** A request for a card number that was answered without one. */
export interface RefusalRecord {
  readonly status: number;
  readonly code: string;
  /** As it was asked for; `null` when it was not read. */
  readonly cardReference: string | null;
  readonly correlationId: string;
  /** `null` when the request names none. */
  readonly caller: Caller | null;
  readonly origin: RequestOrigin;
}

/** One line for each card number disclosed, written before the answer leaves. */
export const recordDisclosure: RecordDisclosure = ({ caller, origin, ...record }) =>
  auditLogger.info('card number disclosed', { outcome: 'disclosed', ...record, ...partiesOf(caller, origin) });

/** One line for each request for a card number that did not get one: guessing looks like many of them. */
export function recordRefusal({ caller, origin, cardReference, ...record }: RefusalRecord): void {
  auditLogger.info('card number withheld', {
    outcome: outcomeOf(record.status),
    ...record,
    cardReference: writable(cardReference),
    ...partiesOf(caller, origin),
  });
}

const partiesOf = (caller: Caller | null, origin: RequestOrigin) => ({
  caller: caller === null ? 'unknown' : callerName(caller),
  ...caller,
  ...origin,
});

const outcomeOf = (status: number): 'refused' | 'not-found' | 'failed' => {
  if (status === 404) return 'not-found';
  return status < 500 ? 'refused' : 'failed';
};

/** What was sent in a reference's place may be a card number. Only what cannot be one, by its first digits and its check digit, is written. */
const writable = (text: string | null): string | null =>
  text !== null && findFormatFault(text, 'must-fail') === null ? text : null;
