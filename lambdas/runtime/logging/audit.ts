import { type Caller, callerName, type RequestOrigin } from '../../tokenization/callers/caller.ts';
import { findFormatFault } from '../../tokenization/model/reference-format.ts';
import type { RecordDisclosure } from '../../tokenization/ports/audit.ts';
import { auditLogger } from './logger.ts';
import { areMasked } from './masked-digits.ts';
import { ProvenReference, VerifiedIdentity } from './redacted-log-value.ts';

/** A request for a card number that was not answered with one. */
export interface RefusalRecord {
  readonly status: number;
  readonly code: string;
  /** The requested reference; `null` when the body was not parsed. */
  readonly cardReference: string | null;
  readonly correlationId: string;
  /** `null` when the request has no caller. */
  readonly caller: Caller | null;
  readonly origin: RequestOrigin;
}

/** Writes one line for each disclosed card number, before the answer is sent. */
export const recordDisclosure: RecordDisclosure = ({ caller, origin, cardReference, ...record }) =>
  auditLogger.info('card number disclosed', {
    outcome: 'disclosed',
    ...record,
    cardReference: new ProvenReference(cardReference),
    ...partiesOf(caller, origin),
  });

/** Writes one line for each refused request for a card number. Many of them indicate guessing. */
export function recordRefusal({ caller, origin, cardReference, ...record }: RefusalRecord): void {
  auditLogger.info('card number withheld', {
    outcome: outcomeOf(record.status),
    ...record,
    cardReference: writable(cardReference),
    ...partiesOf(caller, origin),
  });
}

const partiesOf = (caller: Caller | null, origin: RequestOrigin) => ({
  ...(caller === null
    ? { caller: 'unknown' }
    : {
        caller: new VerifiedIdentity(callerName(caller)),
        account: caller.account,
        principal: new VerifiedIdentity(caller.principal),
        session: caller.session,
      }),
  ...origin,
});

const outcomeOf = (status: number): 'refused' | 'not-found' | 'failed' => {
  if (status === 404) return 'not-found';
  return status < 500 ? 'refused' : 'failed';
};

/**
 * The reference field of a request can contain a card number, an account number or an internal
 * token. Only a value that can be none of these, by its digits, is logged.
 */
const writable = (text: string | null): string | null =>
  text !== null && findFormatFault(text, 'must-fail') === null && !areMasked(text) ? text : null;
