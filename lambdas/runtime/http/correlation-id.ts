import { couldBeCardNumber } from '../../tokenization/model/card-networks.ts';
import { freshId } from '../fresh-id.ts';
import { holdsCardNumber } from '../logging/redact-card-numbers.ts';

/**
 * The caller's correlation id, or a new one when there is none or it cannot be written to a log: too
 * long, odd characters, or digits that could be a card number (I11). Log lines carry API Gateway's and
 * Lambda's own ids beside it, so a request whose id was replaced can still be found.
 */
export function correlationIdFrom(given: string | undefined): string {
  const isKept = given !== undefined && /^[A-Za-z0-9._:-]{1,64}$/.test(given) && !mayHoldCardNumber(given);
  return isKept ? given : freshId();
}

/** The digits of a UUID, a trace id or a hash, which come about by chance; and those that start as times of our days do. */
const CHANCE_OR_TIME = /^([0-9a-f-]{32,64}|\D*1.*)$/i;

/**
 * Stricter than the redaction of log lines, because an id that is replaced for nothing costs little: all digits of the id
 * together count as well, whatever stands between them.
 */
const mayHoldCardNumber = (id: string): boolean =>
  holdsCardNumber(id) || (!CHANCE_OR_TIME.test(id) && couldBeCardNumber(id.replaceAll(/\D/g, '')));
