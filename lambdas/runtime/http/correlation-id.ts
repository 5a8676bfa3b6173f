import { freshId } from '../fresh-id.ts';
import { holdsCardNumber } from '../redact-card-numbers.ts';

/**
 * The caller's correlation id, or a new one when there is none or it cannot be written to a log: too
 * long, odd characters, or digits that could be a card number (I11). Log lines carry API Gateway's and
 * Lambda's own ids beside it, so a request whose id was replaced can still be found.
 */
export function correlationIdFrom(given: string | undefined): string {
  return given !== undefined && /^[A-Za-z0-9._:-]{1,64}$/.test(given) && !holdsCardNumber(given) ? given : freshId();
}
