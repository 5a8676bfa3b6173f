import { couldBeCardNumber } from '../../tokenization/model/card-networks.ts';
import { freshId } from '../fresh-id.ts';
import { fewestMaskedDigits } from '../logging/masked-digits.ts';
import { holdsCardNumber } from '../logging/redact-card-numbers.ts';

/**
 * Returns the caller's correlation id. Returns a new id when there is none or it must not be
 * logged: too long, other characters, or digits that could be a card number (docs/design.md#i11).
 * Log lines also contain the ids of API Gateway and Lambda, so a request with a replaced id can
 * still be found.
 */
export function correlationIdFrom(given: string | undefined): string {
  const isKept = given !== undefined && /^[A-Za-z0-9._:-]{1,64}$/.test(given) && !mayHoldCardNumber(given);
  return isKept ? given : freshId();
}

/** Ids whose digits are random (UUID, trace id, hash) or a time of this century in seconds. */
const CHANCE_OR_TIME = /^([0-9a-f-]{32,64}|\D*1.*)$/i;

/** Ids whose digits are certainly hexadecimal. Other random ids can be a number with separators. */
const HEXADECIMAL = /^(?=.*[a-f])[0-9a-f-]{32,64}$/i;

/**
 * Stricter than the redaction of log lines, because replacing an id by mistake costs little: the
 * digits of the whole id are also checked together, with any separators. A number of a masked form,
 * such as an account number, has no start and often no check digit, so enough digits are too many.
 */
function mayHoldCardNumber(id: string): boolean {
  const digits = id.replaceAll(/\D/g, '');
  return (
    holdsCardNumber(id) ||
    (!CHANCE_OR_TIME.test(id) && couldBeCardNumber(digits)) ||
    (!HEXADECIMAL.test(id) && digits.length >= fewestMaskedDigits())
  );
}
